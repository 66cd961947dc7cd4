// Steps that render or edit manifests with Helm and Kustomize.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import { commitMessage, filled, goneImageFields, goneOrigin, path } from "./steps-shared";
import { flag, list, object, outputs, step, text } from "./types";

const none = ["", null] as const;

/** Steps of this group, by kind. */
export const manifestSteps = {
  "helm-template": step(
    "Renders a Helm chart to plain manifests.",
    object(
      "The chart, its values and where the result goes.",
      {
        path: path("Directory or archive of the chart.", "./src/charts/app"),
        outPath: path(
          "File that takes all manifests (`.yaml`, `.yml`), or else a directory with one file each.",
          "./out",
        ),
        outLayout: text("Layout of an output directory.", {
          enum: ["helm", "flat"],
          enumDocs: {
            helm: "directories as `helm template --output-dir` makes them",
            flat: "one file per resource, named by kind and name",
          },
          default: "helm",
          example: "flat",
        }),
        releaseName: filled("Name of the release, as charts see it in `.Release.Name`.", "app"),
        useReleaseName: flag(
          "Puts the result into a directory named after the release; only for the layout `helm`.",
          {
            default: false,
          },
        ),
        namespace: text("Namespace charts see in `.Release.Namespace`.", {
          example: "app-uat",
          defaultDoc: "the name of the Project",
        }),
        valuesFiles: list(
          "Files of values; later ones override earlier ones.",
          path("A file of values.", "./src/env/uat/values.yaml", "file"),
        ),
        ignoreMissingValueFiles: flag("Passes over files of values that do not exist.", { default: false }),
        setValues: list(
          "Single values, set after the files.",
          object(
            "One value.",
            {
              key: filled("Path of the value, as after `helm --set`.", "image.tag"),
              value: text("The value; numbers and true or false are recognised unless it is literal.", {
                example: "${{ imageFrom('ghcr.io/example/app').Tag }}",
              }),
              literal: flag("Takes the value as text, whatever it looks like.", { default: false }),
            },
            { required: ["key", "value"] },
          ),
        ),
        buildDependencies: flag("Downloads the charts this chart depends on first.", { default: false }),
        includeCRDs: flag("Renders custom resource definitions too.", { default: false }),
        disableHooks: flag("Leaves out hooks.", { default: false }),
        skipTests: flag("Leaves out test hooks.", { default: false }),
        kubeVersion: text("Kubernetes version charts see in `.Capabilities.KubeVersion`.", {
          default: "v1.20.0",
          example: "1.31.0",
        }),
        apiVersions: list(
          "API versions charts see in `.Capabilities.APIVersions`, beside the built-in ones.",
          filled("An API version.", "monitoring.coreos.com/v1"),
        ),
      },
      { required: ["outPath", "path", "releaseName"] },
    ),
    undefined,
    {
      caution:
        "Kubernetes v1.20.0 is assumed unless `kubeVersion` is set, so charts that need a newer one fail.",
    },
  ),

  "helm-update-chart": step(
    "Updates the versions of a chart's dependencies in Chart.yaml and downloads them.",
    object(
      "The chart and the new versions.",
      {
        path: path("Directory of the chart.", "./src/charts/app", "directory"),
        charts: list(
          "New versions, by dependency.",
          object(
            "One dependency.",
            {
              repository: text("Repository of the dependency, exactly as Chart.yaml has it.", {
                minLength: 1,
                repository: "chart",
                example: "oci://ghcr.io/example",
              }),
              name: filled("Name of the dependency, exactly as Chart.yaml has it.", "redis"),
              version: filled("New version.", "${{ chartFrom('oci://ghcr.io/example/redis').Version }}"),
            },
            { required: ["repository", "name", "version"], gone: goneOrigin },
          ),
          { minItems: 1 },
        ),
      },
      { required: ["path"] },
    ),
    outputs(commitMessage),
  ),

  "kustomize-build": step(
    "Builds a kustomization to plain manifests.",
    object(
      "The kustomization and where the result goes.",
      {
        path: path("Directory with the kustomization.", "./src/overlays/uat", "directory"),
        outPath: path(
          "File that takes all manifests (`.yaml`, `.yml`), or else a directory with one file each.",
          "./out",
        ),
        outputFormat: text("How files of an output directory are named.", {
          enum: ["kargo", "kustomize"],
          enumDocs: {
            kargo: "`<namespace>-<kind>-<name>.yaml`",
            kustomize: "as `kustomize build --output` names them",
          },
          default: "kargo",
          example: "kustomize",
        }),
        plugin: object("Settings of Kustomize's plugins.", {
          helm: object("Settings for charts that the kustomization inflates.", {
            apiVersions: list(
              "API versions charts see.",
              filled("An API version.", "monitoring.coreos.com/v1"),
            ),
            kubeVersion: text("Kubernetes version charts see.", { example: "1.31.0" }),
          }),
        }),
      },
      { required: ["path", "outPath"] },
    ),
  ),

  "kustomize-set-image": step(
    "Sets image versions in a kustomization; without `images` it takes them from the Freight.",
    object(
      "The kustomization and the images.",
      {
        path: path("Directory with the kustomization.", "./src/overlays/uat", "directory"),
        images: list(
          "Images to set.",
          object(
            "One image.",
            {
              digest: text("New digest; `*` keeps the present one.", {
                example: "${{ imageFrom('ghcr.io/example/app').Digest }}",
              }),
              image: text("Repository of the image.", {
                minLength: 1,
                repository: "image",
                example: "ghcr.io/example/app",
              }),
              name: text("Name of the image in the kustomization.", {
                example: "app",
                defaultDoc: "the value of `image`",
              }),
              newName: text("Name that replaces the image's name; `*` keeps the present one.", {
                example: "registry.example.com/app",
              }),
              tag: text("New tag; `*` keeps the present one.", {
                example: "${{ imageFrom('ghcr.io/example/app').Tag }}",
              }),
            },
            {
              required: ["image"],
              gone: goneImageFields,
              oneOf: [
                { required: ["tag"], fields: { digest: { enum: none }, tag: { minLength: 1 } } },
                { required: ["digest"], fields: { digest: { minLength: 1 }, tag: { enum: none } } },
              ],
              choices: [{ fields: ["tag", "digest"], atLeast: 1, atMost: 1, counts: "filled" }],
            },
          ),
        ),
      },
      { required: ["path"] },
    ),
    outputs(commitMessage),
  ),
};
