// Steps that read and edit JSON, YAML and TOML files.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import { commitMessage, filled, parseFields, path } from "./steps-shared";
import { anything, flag, list, object, outputs, type StepOutputs, step, text } from "./types";

const parsed: StepOutputs = { from: "list", list: "outputs", name: "name" };

function updateConfig(format: string, file: string, key: string, keyDoc: string) {
  return object(
    `The ${format} file and the changes.`,
    {
      path: path(`Path of the ${format} file to change.`, file, "file"),
      updates: list(
        "Changes, made in this order.",
        object(
          "One change.",
          {
            key: filled(keyDoc, key),
            value: anything("New value: text, a number, true or false.", {
              example: "${{ imageFrom('ghcr.io/example/app').Tag }}",
            }),
          },
          { required: ["key", "value"] },
        ),
        { minItems: 1 },
      ),
    },
    { required: ["path", "updates"] },
  );
}

/** Steps of this group, by kind. */
export const dataSteps = {
  "json-parse": step(
    "Reads a JSON file and takes values out of it.",
    object("The file and the values.", parseFields("JSON", "./src/package.json"), {
      required: ["path", "outputs"],
    }),
    parsed,
  ),

  "json-update": step(
    "Changes values in a JSON file and leaves the rest of its text alone.",
    updateConfig(
      "JSON",
      "./src/config.json",
      "image.tag",
      "Path of the value, parts separated by dots; `\\.` is a dot in a key, a number an index, `-1` appends.",
    ),
    outputs(commitMessage),
  ),

  "toml-parse": step(
    "Reads a TOML file and takes values out of it.",
    object("The file and the values.", parseFields("TOML", "./src/Cargo.toml"), {
      required: ["path", "outputs"],
    }),
    parsed,
  ),

  "toml-update": step(
    "Changes values that a TOML file has already and leaves the rest of its text alone.",
    updateConfig(
      "TOML",
      "./src/config.toml",
      "image.tag",
      "Path of the value, parts separated by dots; `\\.` is a dot in a key, a number an index.",
    ),
    outputs(commitMessage),
    { caution: "Every number is written as a float: 42 becomes 42.0." },
  ),

  "yaml-merge": step(
    "Merges YAML files, each laid over those before it.",
    object(
      "The files.",
      {
        inFiles: list(
          "Files to merge, the base first.",
          text("A YAML file.", { example: "./src/base.yaml", path: "file" }),
          {
            minItems: 1,
          },
        ),
        outFile: path("File that takes the result.", "./out/values.yaml", "file"),
        ignoreMissingFiles: flag("Passes over files that do not exist.", { default: false }),
      },
      { required: ["inFiles", "outFile"] },
    ),
    outputs(commitMessage),
    { caution: "Anchors, aliases and comments of the base can get lost in the merge." },
  ),

  "yaml-parse": step(
    "Reads a YAML file and takes values out of its first document.",
    object("The file and the values.", parseFields("YAML", "./src/values.yaml"), {
      required: ["path", "outputs"],
    }),
    parsed,
  ),

  "yaml-update": step(
    "Changes values that a YAML file has already, line by line.",
    updateConfig(
      "YAML",
      "./src/values.yaml",
      "image.tag",
      "Path of the value, parts separated by dots; `\\.` is a dot in a key, a number an index.",
    ),
    outputs(commitMessage),
    {
      caution: "A comment behind the value is lost, and a value that spans lines is not replaced as a whole.",
    },
  ),
};
