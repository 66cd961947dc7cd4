// How YAML is read everywhere in this program: as Kubernetes' tools read it (sigs.k8s.io/yaml), so with merge keys and
// with `yes`, `no`, `on`, `off`, `y` and `n` as booleans. Reads nothing itself.
import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from "yaml";

const oldBooleans: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  identify: (value) => typeof value === "boolean",
  test: /^(?:[yY]|yes|Yes|YES|[nN]|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|yes|on)$/i.test(text),
};

/** Options for `parseDocument`. */
export const yamlOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  prettyErrors: false,
  merge: true,
  logLevel: "silent",
  customTags: (tags) => [...tags, oldBooleans],
};
