// Steps that work in git working copies: clone, clear, commit, tag, push.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import { author, commitOutput, filled, goneOrigin, insecure, path, provider } from "./steps-shared";
import { flag, integer, list, map, object, outputs, step, text } from "./types";

const none = ["", null] as const;
const noneFirst = [null, ""] as const;
const off = [false, null] as const;

const workTree = path(
  "Path of the working tree, as given to `git-clone`; a directory inside it works too.",
  "./out",
  "directory",
);

const generateTargetBranch = flag("Pushes to a branch of its own, `kargo/promotion/<promotion>`.", {
  default: false,
});
const targetBranch = text("Branch to push to.", {
  example: "stage/${{ ctx.stage }}",
  defaultDoc: "the branch checked out in the working tree",
});
const force = flag("Overwrites what the remote branch holds.", { default: false });
const maxAttempts = integer("How often a push that the remote refuses for newer commits is tried.", {
  minimum: 1,
  maximum: 2147483647,
  default: 10,
  example: 5,
});

/** Steps of this group, by kind. */
export const gitSteps = {
  "git-clear": step(
    "Deletes everything git tracks or would add in a working tree, so that a fresh rendering can take its place.",
    object("The working tree to clear.", { path: workTree }, { required: ["path"] }),
  ),

  "git-clone": step(
    "Clones a repository and checks out one or more commits, branches or tags side by side.",
    object(
      "The repository and what to check out of it.",
      {
        insecureSkipTLSVerify: insecure("the git server"),
        recurseSubmodules: flag("Checks out submodules too, with the same credentials.", { default: false }),
        blobless: flag("Fetches file contents only when they are needed (`--filter=blob:none`).", {
          default: false,
        }),
        repoURL: text("URL of the repository; SSH forms are deprecated and will go in Kargo 1.13.", {
          minLength: 1,
          repository: "git",
          example: "https://github.com/example/deploy.git",
        }),
        author: author("Who commits made in this clone belong to, and how they are signed."),
        checkout: list(
          "What to check out, and where; at least one.",
          object(
            "One working tree.",
            {
              as: text("Name of this checkout in the output `commits`.", {
                example: "src",
                defaultDoc: "the path",
              }),
              branch: text("Branch to check out.", { example: "main" }),
              commit: text("Commit to check out.", {
                example: "${{ commitFrom('https://github.com/example/deploy.git').ID }}",
              }),
              create: flag(
                "Creates the branch, empty and without history, when the remote does not have it.",
                {
                  default: false,
                },
              ),
              path: path("Directory of the working tree.", "./src", "directory"),
              tag: text("Tag to check out.", { example: "v1.2.3" }),
              sparse: list(
                "Directories to check out, when not all are needed; files beside and above them come along.",
                filled("A directory relative to the root of the repository.", "charts/app"),
                { minItems: 1 },
              ),
            },
            {
              required: ["path"],
              gone: { ...goneOrigin, fromFreight: "Use `commit: ${{ commitFrom(vars.repoURL).ID }}`." },
              oneOf: [
                {
                  fields: {
                    branch: { enum: noneFirst },
                    commit: { enum: noneFirst },
                    tag: { enum: noneFirst },
                  },
                },
                {
                  required: ["branch"],
                  fields: { branch: { minLength: 1 }, commit: { enum: noneFirst }, tag: { enum: noneFirst } },
                },
                {
                  required: ["commit"],
                  fields: { branch: { enum: noneFirst }, commit: { minLength: 1 }, tag: { enum: noneFirst } },
                },
                {
                  required: ["tag"],
                  fields: { branch: { enum: noneFirst }, commit: { enum: noneFirst }, tag: { minLength: 1 } },
                },
              ],
              choices: [{ fields: ["branch", "commit", "tag"], atLeast: 0, atMost: 1, counts: "filled" }],
            },
          ),
          { minItems: 1 },
        ),
      },
      { required: ["repoURL", "checkout"] },
    ),
    outputs({
      commits: map("Commit of each checkout.", commitOutput("Full hash of the commit checked out."), {
        keyDoc: "name or path of a checkout",
      }),
    }),
    {
      caution:
        "Without branch, commit or tag git refuses the checkout, although Kargo's documentation promises the default branch.",
    },
  ),

  "git-commit": step(
    "Commits all changes of a working tree; without changes it is skipped.",
    object(
      "The commit.",
      {
        author: author("Author of this commit; replaces the clone's author and its signing key.", {
          deprecated: { since: "1.10", removal: "1.12", instead: "Set `author` on the `git-clone` step." },
        }),
        message: filled("Message of the commit.", "${{ outputs['update-image'].commitMessage }}"),
        path: workTree,
      },
      {
        required: ["path", "message"],
        gone: { messageFromSteps: "Use `message: ${{ outputs.x.commitMessage }}`." },
      },
    ),
    outputs({
      commit: commitOutput("Hash of the commit, or of the current one when there was nothing to commit."),
    }),
  ),

  "git-push": step(
    "Pushes the commits of a working tree to a branch, or pushes a tag.",
    object(
      "What to push, and to where.",
      {
        generateTargetBranch,
        maxAttempts,
        path: workTree,
        targetBranch,
        provider,
        force,
        tag: text("Tag to push instead of a branch.", { example: "v1.2.3" }),
      },
      {
        required: ["path"],
        oneOf: [
          {
            fields: {
              generateTargetBranch: { const: true },
              targetBranch: { enum: none },
              tag: { enum: none },
            },
            required: ["generateTargetBranch"],
          },
          {
            fields: {
              generateTargetBranch: { enum: off },
              targetBranch: { minLength: 1 },
              tag: { enum: none },
            },
            required: ["targetBranch"],
          },
          {
            fields: {
              generateTargetBranch: { enum: off },
              targetBranch: { enum: none },
              tag: { minLength: 1 },
              force: { enum: off },
            },
            required: ["tag"],
          },
          {
            fields: {
              generateTargetBranch: { enum: off },
              targetBranch: { enum: none },
              tag: { enum: none },
            },
          },
        ],
        choices: [
          {
            fields: ["generateTargetBranch", "targetBranch", "tag"],
            atLeast: 0,
            atMost: 1,
            counts: "filled",
          },
        ],
        rules: [
          {
            name: "tags-are-not-forced",
            message: "A tag cannot be pushed with `force`.",
            field: "force",
            holds: ({ tag, force }) => !(typeof tag === "string" && tag !== "" && force === true),
          },
        ],
      },
    ),
    outputs({
      commit: commitOutput("Hash of the commit that was pushed."),
      branch: text("Branch the commit went to.", { example: "stage/uat" }),
      commitURL: text("Address of the commit at the hosting service.", {
        example: "https://github.com/example/deploy/commit/3f1c2ab",
      }),
    }),
  ),

  "git-tag": step(
    "Puts an annotated tag on the current commit of a working tree.",
    object(
      "The tag.",
      {
        force: flag("Moves a tag that exists already.", { default: false }),
        message: filled(
          "Message of the tag; lines that begin with `#` are dropped.",
          "Release ${{ vars.version }}",
        ),
        tag: filled("Name of the tag.", "v1.2.3"),
        path: workTree,
      },
      { required: ["path", "tag", "message"], additional: { type: "any", doc: "Ignored." } },
    ),
    outputs({ commit: commitOutput("Hash of the commit that carries the tag.") }),
  ),

  "github-push": step(
    "Pushes commits through GitHub's API, which signs them in GitHub's name.",
    object(
      "What to push, and to where.",
      {
        path: workTree,
        generateTargetBranch,
        targetBranch,
        force,
        maxAttempts,
        insecureSkipTLSVerify: insecure("the GitHub server"),
      },
      {
        required: ["path"],
        oneOf: [
          {
            fields: { generateTargetBranch: { const: true }, targetBranch: { enum: none } },
            required: ["generateTargetBranch"],
          },
          {
            fields: { generateTargetBranch: { enum: off }, targetBranch: { minLength: 1 } },
            required: ["targetBranch"],
          },
          { fields: { generateTargetBranch: { enum: off }, targetBranch: { enum: none } } },
        ],
        choices: [
          { fields: ["generateTargetBranch", "targetBranch"], atLeast: 0, atMost: 1, counts: "filled" },
        ],
      },
    ),
    outputs({
      commit: commitOutput("Hash of the last commit GitHub made."),
      branch: text("Branch the commits went to.", { example: "stage/uat" }),
      commitURL: text("Address of the commit at GitHub.", {
        example: "https://github.com/example/deploy/commit/3f1c2ab",
      }),
    }),
  ),
};
