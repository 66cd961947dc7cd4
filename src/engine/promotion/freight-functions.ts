// Functions that find artifacts in a Promotion's Freight: warehouse, commitFrom, imageFrom, chartFrom, artifactFrom
// (pkg/expressions/function/functions.go, pkg/controller/freight/finder.go).
import { goQuote } from "../../base/go-text";
import { type FunctionDeclaration, typeName, types } from "../../expression/expression";
import {
  type FreightOrigin,
  type FreightReference,
  originKey,
  type RepoSubscription,
} from "../../model/resources";
import { normGit } from "../../model/urls";
import { contextOf, type FunctionContext, textArgument } from "./function-context";
import {
  artifactType,
  artifactValue,
  chartType,
  chartValue,
  commitType,
  commitValue,
  imageType,
  imageValue,
  originType,
  originValue,
  toOrigin,
} from "./go-types";

const { string } = types;

const warehouse: FunctionDeclaration = {
  name: "warehouse",
  signatures: [{ params: [string], result: originType }],
  call(args) {
    const name = textArgument(args, 0, "argument");
    if (name === "") throw new Error("name must not be empty");
    return originValue({ kind: "Warehouse", name });
  },
};

const commitFrom: FunctionDeclaration = {
  name: "commitFrom",
  signatures: [
    { params: [string, originType], result: commitType },
    { params: [string], result: commitType },
  ],
  call(args, given) {
    const context = contextOf(given);
    const repoURL = normGit(textArgument(args, 0, "first argument"));
    const origin =
      originArgument(args, 1) ??
      findOrigin(context, {
        provides: ({ git }) => git !== undefined && normGit(git.repoURL) === repoURL,
        ambiguous:
          `multiple requested Freight could potentially provide a commit from repo ${repoURL}; ` +
          "please update promotion steps to disambiguate",
      });
    return commitValue(
      freightOf(context, origin)
        .flatMap(({ commits = [] }) => commits)
        .find((commit) => normGit(commit.repoURL ?? "") === repoURL),
    );
  },
};

const imageFrom: FunctionDeclaration = {
  name: "imageFrom",
  signatures: [
    { params: [string, originType], result: imageType },
    { params: [string], result: imageType },
  ],
  call(args, given) {
    const context = contextOf(given);
    const repoURL = textArgument(args, 0, "first argument");
    const origin =
      originArgument(args, 1) ??
      findOrigin(context, {
        provides: ({ image }) => image?.repoURL === repoURL,
        ambiguous:
          `multiple requested Freight could potentially provide a container image from repository ${repoURL}: ` +
          "please provide a Freight origin to disambiguate",
      });
    return imageValue(
      freightOf(context, origin)
        .flatMap(({ images = [] }) => images)
        .find((image) => (image.repoURL ?? "") === repoURL),
    );
  },
};

const chartFrom: FunctionDeclaration = {
  name: "chartFrom",
  signatures: [
    { params: [string, string, originType], result: chartType },
    { params: [string, string], result: chartType },
    { params: [string, originType], result: chartType },
    { params: [string], result: chartType },
  ],
  call(args, given) {
    const context = contextOf(given);
    const { repoURL, name, origin: wanted } = chartArguments(args);
    const origin =
      wanted ??
      findOrigin(context, {
        provides: ({ chart }) => chart?.repoURL === repoURL && (chart.name ?? "") === name,
        ambiguous:
          `multiple requested Freight could potentially provide a chart from repository ${repoURL}: ` +
          "please provide a Freight origin to disambiguate",
      });
    // Unlike the other functions this one does not put up with nobody subscribing.
    if (origin === undefined) {
      const what = name === "" ? "chart" : `chart ${goQuote(name)}`;
      throw new Error(`${what} from repo ${repoURL} not found in referenced Freight`);
    }
    return chartValue(
      freightOf(context, origin)
        .flatMap(({ charts = [] }) => charts)
        .find((chart) => (chart.repoURL ?? "") === repoURL && (chart.name ?? "") === name),
    );
  },
};

const artifactFrom: FunctionDeclaration = {
  name: "artifactFrom",
  signatures: [
    { params: [string, originType], result: artifactType },
    { params: [string], result: artifactType },
  ],
  call(args, given) {
    const context = contextOf(given);
    const name = textArgument(args, 0, "first argument");
    const wanted = originArgument(args, 1);
    return artifactValue(
      freightOf(context, wanted ?? findSubscriptionOrigin(context, name))
        .flatMap(({ artifacts = [] }) => artifacts)
        .find((artifact) => artifact.subscriptionName === name),
    );
  },
};

/** Declarations of this file. */
export const freightFunctions: readonly FunctionDeclaration[] = [
  warehouse,
  commitFrom,
  imageFrom,
  chartFrom,
  artifactFrom,
];

function originArgument(args: readonly unknown[], index: number): FreightOrigin | undefined {
  if (args.length <= index) return undefined;
  const origin = toOrigin(args[index]);
  if (origin !== undefined) return origin;
  throw new Error(
    `${index === 1 ? "second" : "third"} argument must be FreightOrigin, got ${typeName(args[index])}`,
  );
}

function chartArguments(args: readonly unknown[]): {
  readonly repoURL: string;
  readonly name: string;
  readonly origin: FreightOrigin | undefined;
} {
  const repoURL = textArgument(args, 0, "first argument");
  const second = args[1];
  const name = typeof second === "string" ? second : "";
  const origin = toOrigin(second);
  if (args.length >= 2 && typeof second !== "string" && origin === undefined) {
    throw new Error(`second argument must be string or FreightOrigin, got ${typeName(second)}`);
  }
  if (args.length < 3) return { repoURL, name, origin };
  if (name === "") {
    throw new Error(`when using three arguments, second argument must be string, got ${typeName(second)}`);
  }
  return { repoURL, name, origin: originArgument(args, 2) };
}

function findSubscriptionOrigin(context: FunctionContext, name: string): FreightOrigin | undefined {
  try {
    return findOrigin(context, {
      provides: (subscription) => genericName(subscription) === name,
      ambiguous:
        `multiple requested Freight could potentially provide a ${goQuote(name)} artifact; ` +
        "please update promotion steps to disambiguate",
    });
  } catch (cause) {
    // Only what upstream's finder says is put into these words; a question for data must pass unchanged.
    if (!(cause instanceof FinderError)) throw cause;
    throw new Error(`error finding artifact from subscription ${name}: ${cause.message}`, { cause });
  }
}

/** The name of a generic subscription; the three built-in ones have none. */
function genericName(subscription: RepoSubscription): string | undefined {
  const [type] = Object.keys(subscription);
  if (type === undefined || ["git", "image", "chart"].includes(type)) return undefined;
  const body = subscription[type];
  return typeof body === "object" && body !== null && "name" in body ? String(body.name) : undefined;
}

/** What the search for an origin itself found wrong. */
class FinderError extends Error {}

/**
 * The origin of the only requested Warehouse that subscribes to what is asked for. Every one is visited, so a missing
 * Warehouse is an error even when another one provides; so are two that provide, or two subscriptions of one.
 */
function findOrigin(
  { data, freightRequests }: FunctionContext,
  wanted: { readonly provides: (subscription: RepoSubscription) => boolean; readonly ambiguous: string },
): FreightOrigin | undefined {
  let found: FreightOrigin | undefined;
  for (const { origin } of freightRequests) {
    const warehouse = data.warehouse(origin.name);
    if (warehouse === undefined) {
      throw new FinderError(
        `Warehouse ${goQuote(origin.name)} not found in namespace ${goQuote(data.project)}`,
      );
    }
    for (const subscription of warehouse.spec.subscriptions) {
      if (!wanted.provides(subscription)) continue;
      if (found !== undefined) throw new FinderError(wanted.ambiguous);
      found = origin;
    }
  }
  return found;
}

function freightOf(
  { freight }: FunctionContext,
  origin: FreightOrigin | undefined,
): readonly FreightReference[] {
  if (origin === undefined) return [];
  return freight.filter((reference) => originKey(reference.origin) === originKey(origin));
}
