// One requirement of a Kubernetes label selector, and whether labels meet it (apimachinery/pkg/labels).
// Reads no YAML and refuses nothing: what a malformed requirement means is its reader's to say.

/** A requirement; `operator` is one of `In`, `NotIn`, `Exists` and `DoesNotExist`. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether labels meet it; `NotIn` and `DoesNotExist` also when the label is absent. Undefined for another operator. */
export function meetsRequirement(
  { key, operator, values = [] }: LabelRequirement,
  labels: Readonly<Record<string, string>>,
): boolean | undefined {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return undefined;
  }
}
