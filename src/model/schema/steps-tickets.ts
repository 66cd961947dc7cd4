// Steps of the commercial platform about tickets, messages and evidence: known to the editor, not executable here.
// Facts from the user guide of Kargo v1.11.2; the words are ours.
import { filled } from "./steps-shared";
import {
  anything,
  type Choice,
  commercialStep,
  type Fields,
  flag,
  list,
  map,
  object,
  outputs,
  text,
  union,
} from "./types";

const credentialFields = (service: string) => ({
  secretName: text(`Secret of the Project with the credentials for ${service}.`, {
    example: "tickets",
    reference: { kinds: ["Secret"] },
  }),
  sharedSecretName: text(`Shared Secret with the credentials for ${service}.`, { example: "tickets" }),
});
const oneSecret: readonly Choice[] = [
  { fields: ["secretName", "sharedSecretName"], atLeast: 1, atMost: 1, counts: "filled" },
];

function credentials(service: string) {
  return object(`Credentials for ${service}.`, credentialFields(service), { choices: oneSecret });
}

const pollInterval = text("Pause between two looks.", { format: "duration", example: "30s", default: "5m" });

const issueKey = filled(
  "Key of the issue.",
  "${{ freightMetadata(ctx.targetFreight.name)['jira-issue-key'] }}",
);
const issueFields = {
  summary: text("Summary of the issue.", { example: "Deploy ${{ ctx.targetFreight.alias }}" }),
  description: text("Description of the issue, in Markdown.", { example: "Promoted to ${{ ctx.stage }}." }),
  adfDescription: anything("Description of the issue, in Atlassian's document format."),
  issueType: text("Type of the issue.", { example: "Task" }),
  assigneeEmail: text("E-mail address of the assignee.", { example: "ada@example.com" }),
  customFields: map("Other fields.", anything("Value of the field.", { example: "text" }), {
    keyDoc: "id of a field",
  }),
} satisfies Fields;
const jiraLabels = (doc: string) => list(doc, text("A label.", { example: "kargo" }));

const jiraActions = {
  createIssue: object(
    "Creates an issue.",
    {
      projectKey: filled("Key of the Jira project.", "EXT"),
      ...issueFields,
      labels: jiraLabels("Labels of the issue."),
      issueAlias: text("Key under which the issue is kept with the Freight.", {
        default: "jira-issue-key",
        example: "deploy-issue",
      }),
    },
    { required: ["projectKey", "summary"] },
  ),
  updateIssue: object(
    "Changes an issue.",
    {
      issueKey,
      ...issueFields,
      status: text("New status.", { example: "DONE" }),
      addLabels: jiraLabels("Labels to add."),
      removeLabels: jiraLabels("Labels to remove."),
    },
    { required: ["issueKey"] },
  ),
  deleteIssue: object(
    "Deletes an issue.",
    { issueKey, deleteSubtasks: flag("Deletes its subtasks too.", { default: false }) },
    { required: ["issueKey"] },
  ),
  searchIssue: object(
    "Finds an issue.",
    {
      jql: filled("JQL query.", "project = EXT AND status = Open"),
      expectMultiple: flag("Takes the first of several results instead of failing.", { default: false }),
      fields: list("Fields to read.", text("A field.", { example: "summary" })),
      expands: list("Fields to expand.", text("A field.", { example: "changelog" })),
    },
    { required: ["jql"] },
  ),
  commentOnIssue: object(
    "Comments on an issue.",
    {
      issueKey,
      body: text("Text of the comment.", { example: "Done." }),
      adfBody: anything("Text of the comment, in Atlassian's document format."),
    },
    { required: ["issueKey"] },
  ),
  deleteComment: object(
    "Deletes a comment.",
    { issueKey, commentID: filled("Id of the comment.", "${{ outputs.comment.commentID }}") },
    { required: ["issueKey", "commentID"] },
  ),
  waitForStatus: object(
    "Waits until an issue has a status.",
    { issueKey, expectedStatus: filled("Status to wait for.", "DONE"), pollInterval },
    { required: ["issueKey", "expectedStatus"] },
  ),
} satisfies Fields;

const snow = {
  credentials: object(
    "Credentials for ServiceNow.",
    {
      ...credentialFields("ServiceNow"),
      type: text("Type of the credentials.", { enum: ["api-token", "basic"], example: "api-token" }),
    },
    { required: ["type"], choices: oneSecret },
  ),
  tableName: filled("Table of the record.", "change_request"),
} satisfies Fields;
const ticketId = filled("The record's `sys_id`.", "${{ outputs.create.sys_id }}");
const parameters = map("Fields of the record.", text("Value of the field.", { example: "text" }), {
  keyDoc: "a field",
  example: { short_description: "Deploy to ${{ ctx.stage }}" },
});
const templateType = text("Type of the change.", {
  enum: ["standard", "emergency", "normal"],
  example: "normal",
});
const template = object("Uses the change management API.", { type: templateType }, { required: ["type"] });
const record = anything("The record.");

const packageFields = {
  packageRepo: filled("Repository of the package.", "docker-local"),
  packageName: filled("Name of the package.", "app"),
  packageVersion: filled("Version of the package.", "${{ imageFrom('example.jfrog.io/docker/app').Tag }}"),
} satisfies Fields;

const evidenceActions = {
  create: object(
    "Creates evidence.",
    {
      privateKey: text("Private key that signs the evidence.", {
        minLength: 1,
        secret: true,
        example: "${{ secret('jfrog').key }}",
      }),
      ...packageFields,
      promotionStatus: text("Status of the Promotion.", {
        enum: ["Pending", "Running", "Succeeded", "Failed", "Errored", "Aborted"],
        example: "Succeeded",
      }),
      privateKeyAlias: text("Name of the public key; without it the evidence is not verified.", {
        example: "kargo",
      }),
      metadata: anything("Data kept in the evidence."),
    },
    { required: ["privateKey", "packageRepo", "packageName", "packageVersion", "promotionStatus"] },
  ),
  delete: object(
    "Deletes evidence.",
    { ...packageFields, evidenceName: filled("Name of the evidence.", "${{ outputs.evidence.name }}") },
    { required: ["packageRepo", "packageName", "packageVersion", "evidenceName"] },
  ),
  process: object("Finds and verifies evidence.", {
    query: object(
      "What to find.",
      {
        ...packageFields,
        evidenceNameRegex: text("Pattern of names.", { format: "regex", example: "^kargo-" }),
        predicateType: text("Type of the predicate.", { example: "https://example.com/promotion/v1" }),
      },
      {
        required: ["packageRepo", "packageName", "packageVersion"],
        choices: [{ fields: ["evidenceNameRegex", "predicateType"], atLeast: 1, counts: "filled" }],
      },
    ),
    verify: object(
      "How to verify it.",
      {
        verifyExpression: text("Condition on the predicate.", {
          example: "predicate.status == 'Succeeded'",
          expression: { context: "evidence", yields: "bool" },
        }),
        localKeys: list("Keys to verify signatures with.", anything("A key.")),
        useArtifactoryKeys: flag("Uses the keys in the evidence.", { default: false }),
      },
      {
        choices: [
          { fields: ["verifyExpression", "localKeys", "useArtifactoryKeys"], atLeast: 1, counts: "filled" },
        ],
      },
    ),
    outputs: list(
      "Values to take out of the evidence.",
      object(
        "One output.",
        {
          name: filled("Name of the output.", "status"),
          expression: text("Expression without `${{ }}` that gives the value.", {
            minLength: 1,
            example: "predicate.status",
            expression: { context: "evidence", yields: "any" },
          }),
        },
        { required: ["name", "expression"] },
      ),
    ),
  }),
} satisfies Fields;

const oneOf = (fields: Fields): readonly Choice[] => [
  { fields: Object.keys(fields), atLeast: 1, atMost: 1, counts: "present" },
];

/** Steps of this group, by kind. */
export const ticketSteps = {
  jira: commercialStep(
    "1.6",
    "Works on Jira issues: creates, changes, finds, comments, waits.",
    object(
      "Credentials and one action.",
      { credentials: credentials("Jira"), ...jiraActions },
      {
        required: ["credentials"],
        choices: oneOf(jiraActions),
      },
    ),
    outputs({
      key: text("Key of the issue that was created.", { example: "EXT-123" }),
      issue: anything("Issue that was found."),
      commentID: text("Id of the comment that was made.", { example: "10001" }),
    }),
  ),

  "jfrog-evidence": commercialStep(
    "1.7",
    "Creates, deletes or verifies evidence in JFrog Artifactory.",
    object(
      "Credentials and one action.",
      { credentials: credentials("JFrog"), ...evidenceActions },
      {
        required: ["credentials"],
        choices: oneOf(evidenceActions),
      },
    ),
    { from: "unknown" },
  ),

  "send-message": commercialStep(
    "1.8",
    "Sends a message through Slack or by e-mail.",
    object(
      "The message and where it goes.",
      {
        channel: object(
          "Channel through which it is sent.",
          {
            kind: text("Kind of the channel.", {
              enum: ["MessageChannel", "ClusterMessageChannel"],
              example: "MessageChannel",
            }),
            name: text("Name of the channel.", {
              minLength: 1,
              example: "releases",
              reference: { kinds: ["MessageChannel", "ClusterMessageChannel"], chosenBy: "kind" },
            }),
          },
          { required: ["kind", "name"] },
        ),
        message: filled("Text of the message.", "Promoted to ${{ ctx.stage }}."),
        encodingType: text("Encoding of a rich message.", {
          enum: ["json", "yaml", "xml", ""],
          example: "json",
          defaultDoc: "plain text",
        }),
        slack: object("For Slack.", {
          channelID: text("Channel of Slack.", { example: "C0123456789" }),
          threadTS: text("Thread to answer in.", { example: "${{ outputs.first.threadTS }}" }),
        }),
        smtp: object("For e-mail.", {
          to: union("Addresses of the recipients: one, or a list.", [
            text("Address of the recipient.", { example: "team@example.com" }),
            list("Addresses.", text("Address of a recipient.", { example: "team@example.com" })),
          ]),
          subject: text("Subject.", { example: "Deployed" }),
          html: flag("Sends the text as HTML.", { default: false }),
        }),
      },
      { required: ["channel", "message"] },
    ),
    outputs({ threadTS: text("Thread of the message at Slack.", { example: "1700000000.000100" }) }),
  ),

  "snow-create": commercialStep(
    "1.9",
    "Creates a ServiceNow record.",
    object(
      "The record.",
      {
        ...snow,
        parameters,
        template: object(
          "Uses the change management API.",
          { type: templateType, templateId: text("Id of the standard template.", { example: "e1c7…" }) },
          {
            required: ["type"],
            rules: [
              {
                name: "standard-changes-need-a-template",
                message: "A standard change needs `templateId`.",
                holds: ({ type, templateId }) => type !== "standard" || templateId !== undefined,
              },
            ],
          },
        ),
      },
      { required: ["credentials", "tableName", "parameters"] },
    ),
    outputs({
      sys_id: text("The record's `sys_id`.", { example: "ed89b72c83c172104517e470ceaad30a" }),
      number: text("The record's number.", { example: "CHG0031234" }),
    }),
  ),

  "snow-update": commercialStep(
    "1.9",
    "Changes a ServiceNow record.",
    object(
      "The record and its new fields.",
      { ...snow, ticketId, parameters, template },
      {
        required: ["credentials", "tableName", "ticketId", "parameters"],
      },
    ),
  ),

  "snow-delete": commercialStep(
    "1.9",
    "Deletes a ServiceNow record.",
    object(
      "The record.",
      { ...snow, ticketId, template },
      { required: ["credentials", "tableName", "ticketId"] },
    ),
  ),

  "snow-query-for-records": commercialStep(
    "1.9",
    "Finds a ServiceNow record.",
    object(
      "What to find.",
      {
        ...snow,
        query: map("Query parameters of ServiceNow.", anything("Value.", { example: "active=true" }), {
          keyDoc: "a parameter",
        }),
      },
      { required: ["credentials", "tableName", "query"] },
    ),
    outputs({ record }),
  ),

  "snow-wait-for-condition": commercialStep(
    "1.9",
    "Waits until a ServiceNow record meets a condition.",
    object(
      "The record and the condition.",
      { ...snow, ticketId, condition: filled("Condition to wait for.", "state=3"), pollInterval },
      { required: ["credentials", "tableName", "ticketId", "condition"] },
    ),
  ),
};
