// Patterns that Kargo holds subscriptions to (pkg/subscription), for the table and for admission alike.
// Patterns only; Go's dialect.

/** URLs of git repositories (pkg/subscription/git.go). */
export const gitUrlPattern =
  "(?:^(ssh|https?)://(?:([\\w-]+)(:(.+))?@)?([\\w-]+(?:\\.[\\w-]+)*)(?::(\\d{1,5}))?(/.*)$)|(?:^([\\w-]+)@([\\w+]+(?:\\.[\\w-]+)*):(/?.*))";
/** Image repositories without scheme and tag (pkg/subscription/image.go). */
export const imageUrlPattern = "^(\\w+([\\.-]\\w+)*(:[\\d]+)?/)?(\\w+([\\.-]\\w+)*)(/\\w+([\\.-]\\w+)*)*$";
/** URLs of chart repositories (pkg/subscription/chart.go). */
export const chartUrlPattern = "^(((https?)|(oci))://)([\\w\\d\\.\\-]+)(:[\\d]+)?(/.*)*$";
/** Branches a subscription may follow (pkg/subscription/git.go). */
export const branchPattern = "^[a-zA-Z0-9]([a-zA-Z0-9._\\/-]*[a-zA-Z0-9_-])?$";
/** Intervals and soak times in the CRDs. */
export const intervalPattern = "^([0-9]+(\\.[0-9]+)?(s|m|h))+$";
