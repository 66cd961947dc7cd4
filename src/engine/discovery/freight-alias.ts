// Names for Freight that people can say and remember: a quality and an animal. Cosmetic; uniqueness is the caller's.
import { randomInt } from "node:crypto";

const qualities =
  "able agile amber ample apt arctic ardent azure blithe bold brave breezy bright brisk bronze calm candid cheery civil clear clever coastal copper coral cosmic cosy crisp daring deft dapper dewy eager early earnest easy elated even fabled fair fancy fearless fine fleet fluent fond frank fresh frosty gentle gilded glad golden grand great hardy hasty hazel hearty helpful honest humble icy ideal indigo ivory jade jolly jovial keen kind lilac limber lively loyal lucid lucky lunar lush merry mighty mild misty modest mossy neat nimble noble olive opal open patient pearly placid plucky polar polite proud prudent quick quiet rapid rare ready rosy royal ruby rustic sage sandy scarlet serene sharp shiny silent silver sleek smart snowy snug solar solid spry stable steady stellar stormy sturdy sunny super swift tidy topaz tranquil trusty valiant velvet vivid warm wary wise witty zesty".split(
    " ",
  );

const animals =
  "alpaca anchovy antelope armadillo auk badger barracuda bat bear beaver bee beetle bison boar bobcat buffalo bulldog bumblebee butterfly camel capybara caribou cat catfish cheetah chickadee chinchilla chipmunk cicada clam cobra cod condor coral cormorant cougar coyote crab crane cricket crow cuckoo curlew deer dingo dolphin donkey dormouse dove dragonfly duck eagle eel egret elephant elk emu ermine falcon ferret finch firefly flamingo fox frog gazelle gecko gibbon giraffe gnu goat goldfinch goose gopher grouse gull hamster hare hawk hedgehog heron hippo hornet horse hummingbird ibex ibis iguana impala jackal jaguar jay jellyfish kestrel kingfisher kiwi koala kudu ladybird lark lemming lemur leopard lion lizard llama lobster loon lynx macaw magpie mallard manatee mantis marlin marmot marten meerkat mole mongoose moose moth mouse mule narwhal newt nightingale ocelot octopus okapi opossum orca oriole osprey ostrich otter owl oyster panda pangolin panther parrot partridge pelican penguin perch pheasant pigeon pika plover pony porpoise puffin puma quail quokka rabbit raccoon raven robin rook salamander salmon sandpiper seahorse seal shark sheep shrew shrimp skink skylark sloth snail sparrow spoonbill squid squirrel starling stingray stoat stork sturgeon swallow swan swift tapir tern thrush tiger toad tortoise toucan trout tuna turtle viper vole wallaby walrus warbler weasel whale wolf wolverine wombat woodpecker wren yak zebra".split(
    " ",
  );

/** A random alias, such as `brave-otter`. */
export function randomAlias(): string {
  return `${pick(qualities)}-${pick(animals)}`;
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? "";
}
