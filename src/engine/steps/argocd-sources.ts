// What `argocd-update` makes of an Application's sources: revisions, images of kustomize, parameters of helm.
// Computes only; argocd-update.ts sends it.
import { goQuote } from "../../base/go-text";
import type { JsonValue } from "../../base/json";
import { normGit } from "../../model/urls";
import { type Application, type AppQuery, type AppSource, shownAs } from "./argocd-application";

/** What to change in the Applications of a query. */
export interface ArgoCdAppUpdate extends AppQuery {
  readonly sources?: readonly ArgoCdSourceUpdate[];
}

/** What to change in the source with this repository and chart. */
export interface ArgoCdSourceUpdate {
  readonly repoURL: string;
  readonly chart?: string;
  readonly desiredRevision?: string;
  readonly updateTargetRevision?: boolean;
  readonly kustomize?: {
    readonly images: readonly {
      readonly repoURL: string;
      readonly newName?: string;
      readonly tag?: string;
      readonly digest?: string;
    }[];
  };
  readonly helm?: { readonly images: readonly { readonly key: string; readonly value: string }[] };
}

/** One revision per source, empty where nobody says (argocd_revisions.go). */
export function desiredRevisions({ sources: updates = [] }: ArgoCdAppUpdate, app: Application): string[] {
  return app.sources.map(({ repoURL, chart }) => {
    const update = updates.find((one) => one.repoURL === repoURL && (one.chart ?? "") === chart);
    return update?.desiredRevision ?? "";
  });
}

/** The Application's sources after the update. Throws Error when part of it fits none (buildDesiredSources). */
export function desiredSources(update: ArgoCdAppUpdate, app: Application): readonly AppSource[] {
  const revisions = desiredRevisions(update, app);
  const sources = [...app.sources];
  for (const change of update.sources ?? []) {
    const at = sources.findIndex((source) => fits(change, source));
    const source = sources[at];
    if (source === undefined) {
      const chart = change.chart ? ` and chart ${goQuote(change.chart)}` : "";
      throw new Error(
        `no source of ${shownAs(app)} matched update for source with repoURL ${change.repoURL}${chart}`,
      );
    }
    sources[at] = changedSource(change, revisions[at] ?? "", source);
  }
  return sources;
}

/** Charts are compared by the letter, Git repositories by what their URLs mean. */
function fits({ repoURL, chart = "" }: ArgoCdSourceUpdate, source: AppSource): boolean {
  if (source.chart !== "" || chart !== "") return source.repoURL === repoURL && source.chart === chart;
  return normGit(source.repoURL) === normGit(repoURL);
}

function changedSource(change: ArgoCdSourceUpdate, revision: string, source: AppSource): AppSource {
  const images = change.kustomize?.images ?? [];
  const values = change.helm?.images ?? [];
  return {
    ...source,
    ...(change.updateTargetRevision && revision !== "" && { targetRevision: revision }),
    ...(images.length > 0 && { kustomize: { images: images.map(kustomizeImage) } }),
    ...(values.length > 0 && { helm: { parameters: withParameters(source, values) } }),
  };
}

function kustomizeImage(image: {
  readonly repoURL: string;
  readonly newName?: string;
  readonly tag?: string;
  readonly digest?: string;
}): string {
  const name = image.newName ? `${image.repoURL}=${image.newName}` : image.repoURL;
  return image.digest ? `${name}@${image.digest}` : `${name}:${image.tag ?? ""}`;
}

function withParameters(
  source: AppSource,
  values: readonly { readonly key: string; readonly value: string }[],
): readonly { readonly name: string; readonly value: string }[] {
  const parameters = [...(source.helm?.parameters ?? [])];
  // Kargo keeps the last value of a key and adds new ones in no order; ours are in the order they are given.
  for (const [name, value] of new Map(values.map((one) => [one.key, one.value]))) {
    const at = parameters.findIndex((parameter) => parameter.name === name);
    if (at < 0) parameters.push({ name, value });
    else parameters[at] = { name, value };
  }
  return parameters;
}

/** A source as Kargo's type writes it: only what the type knows, empty texts left out. */
export function encodeSource({ repoURL, targetRevision, chart, helm, kustomize }: AppSource): JsonValue {
  const parameters = (helm?.parameters ?? []).map(({ name, value }) => ({
    ...(name !== "" && { name }),
    ...(value !== "" && { value }),
  }));
  const images = kustomize?.images ?? [];
  return {
    repoURL,
    ...(targetRevision !== "" && { targetRevision }),
    ...(chart !== "" && { chart }),
    ...(helm && { helm: parameters.length > 0 ? { parameters } : {} }),
    ...(kustomize && { kustomize: images.length > 0 ? { images: [...images] } : {} }),
  };
}
