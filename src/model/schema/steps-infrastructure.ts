// Steps of the commercial platform about HCL and OpenTofu: known to the editor, not executable here.
// Facts from the user guide of Kargo v1.11.2; the words are ours.
import { filled } from "./steps-shared";
import { anything, commercialStep, type Fields, flag, list, object, outputs, text } from "./types";

const tofuFields = {
  dir: filled("Directory with the OpenTofu configuration.", "./src/infra"),
  vars: list(
    "Variables: files, or names with values.",
    object(
      "One file, or one variable.",
      {
        file: text("File of variables, relative to `dir`.", { example: "uat.tfvars" }),
        name: text("Name of the variable.", { example: "image_tag" }),
        value: text("Value of the variable.", { example: "${{ imageFrom('ghcr.io/example/app').Tag }}" }),
      },
      { choices: [{ fields: ["file", "name"], atLeast: 1, atMost: 1, counts: "filled" }] },
    ),
  ),
  env: list(
    "Environment variables.",
    object(
      "One variable.",
      {
        name: text("Name of the variable.", {
          pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$",
          patternDoc: "letters, digits and `_`, not beginning with a digit",
          example: "AWS_REGION",
        }),
        value: text("Value of the variable.", { example: "eu-central-1" }),
      },
      { required: ["name", "value"] },
    ),
  ),
} satisfies Fields;

/** Steps of this group, by kind. */
export const infrastructureSteps = {
  "hcl-update": commercialStep(
    "1.9",
    "Sets attributes in an HCL file.",
    object(
      "The file and the changes.",
      {
        path: filled("Path of the HCL file.", "./src/infra/main.tf"),
        updates: list(
          "Changes.",
          object(
            "One change.",
            {
              key: filled("Path of the attribute, parts separated by dots.", "module.app.version"),
              value: anything("New value: text, a number, true or false.", { example: "1.2.3" }),
            },
            { required: ["key", "value"] },
          ),
          { minItems: 1 },
        ),
      },
      { required: ["path", "updates"] },
    ),
  ),

  "tf-plan": commercialStep(
    "1.9",
    "Plans changes with OpenTofu.",
    object(
      "The configuration.",
      { ...tofuFields, out: text("File that takes the plan, relative to `dir`.", { example: "plan.out" }) },
      { required: ["dir"] },
    ),
    outputs({ plan: text("The plan as text.", { example: "…" }) }),
  ),

  "tf-apply": commercialStep(
    "1.9",
    "Applies changes with OpenTofu.",
    object(
      "The configuration.",
      { ...tofuFields, plan: text("Plan to apply, relative to `dir`.", { example: "plan.out" }) },
      { required: ["dir"] },
    ),
    outputs({ result: text("What was done, as text.", { example: "…" }) }),
  ),

  "tf-output": commercialStep(
    "1.9",
    "Reads outputs of an OpenTofu configuration.",
    object(
      "The configuration and the outputs.",
      {
        ...tofuFields,
        name: text("Output to read.", { example: "url", defaultDoc: "all of them" }),
        out: text("File that takes the outputs as JSON.", { example: "./outputs.json" }),
        state: text("State file, relative to `dir`.", { example: "terraform.tfstate" }),
        sensitive: flag("Reads sensitive outputs too.", { default: false }),
      },
      { required: ["dir"] },
    ),
    { from: "unknown" },
  ),
};
