// Steps that work on files of the work directory: copy, delete, write, unpack, and outcomes without any file.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import { filled, path } from "./steps-shared";
import { anything, flag, integer, list, map, object, step, text } from "./types";

const permissionsPattern = "^0[0-7]{3}$";

/** Steps of this group, by kind. */
export const fileSteps = {
  "compose-output": step(
    "Makes outputs of its own configuration, mostly to give a task a stable set of results.",
    map(
      "Names and values of the outputs.",
      anything("Value of the output of this name.", { example: "1.2.3" }),
      {
        minFields: 1,
        keyDoc: "name of an output",
        example: { pr: "${{ outputs['open-pr'].pr.url }}" },
      },
    ),
    { from: "config" },
  ),

  copy: step(
    "Copies a file, or a directory with everything in it, within the work directory.",
    object(
      "What to copy, and to where.",
      {
        inPath: path("File or directory to copy.", "./src/charts/app"),
        outPath: path("Place of the copy; files that exist there are overwritten.", "./out/app"),
        ignore: filled(
          "Patterns of files left out, written as in a `.gitignore`; `.git` is always left out.",
          "*.md",
        ),
      },
      { required: ["inPath", "outPath"] },
    ),
  ),

  delete: step(
    "Deletes files and directories of the work directory.",
    object(
      "What to delete.",
      {
        path: path("One file or directory to delete.", "./out/old.yaml"),
        paths: list(
          "Several files or directories to delete.",
          path("A file or directory to delete.", "./out"),
          {
            minItems: 1,
          },
        ),
        pathsAreGlobs: flag("Reads the paths as patterns with `*`, `**`, `?`, `[…]` and `{a,b}`.", {
          default: false,
        }),
        strict: flag("Fails when a path does not exist or a pattern matches nothing.", { default: false }),
      },
      {
        oneOf: [{ required: ["path"] }, { required: ["paths"] }],
        choices: [{ fields: ["path", "paths"], atLeast: 1, atMost: 1, counts: "present" }],
      },
    ),
  ),

  fail: step(
    "Ends the Promotion as Failed, usually under an `if` that detects a case which must not go on.",
    object("Why the Promotion fails.", {
      message: filled("Sentence shown as the reason.", "The change window is closed."),
    }),
  ),

  "file-write": step(
    "Writes a text file into the work directory.",
    object(
      "The file and its content.",
      {
        path: path("Path of the file, relative to the work directory.", "./out/version.txt", "file"),
        contents: text("Content of the file; may be empty.", { example: "${{ vars.version }}\n" }),
        permissions: text(
          "Permissions of the file in octal; execute bits and writing by everybody are refused.",
          {
            pattern: permissionsPattern,
            patternDoc: "four octal digits that begin with 0, such as `0644`",
            example: "0644",
            default: "0600",
          },
        ),
        overwrite: flag("Replaces a file that exists already.", { default: false }),
      },
      { required: ["path", "contents"] },
    ),
  ),

  untar: step(
    "Unpacks a tar archive, plain or gzipped, into a directory of the work directory.",
    object(
      "The archive and where it goes.",
      {
        inPath: path("Path of the archive.", "./chart.tgz", "file"),
        outPath: path(
          "Directory that takes the content; one that exists is replaced.",
          "./chart",
          "directory",
        ),
        stripComponents: integer("Number of leading directories to drop from every name in the archive.", {
          minimum: 0,
          default: 0,
          example: 1,
        }),
        ignore: filled(
          "Name of entries to leave out; in this version it works for one exact file name only.",
          "README.md",
        ),
      },
      { required: ["inPath", "outPath"] },
    ),
    undefined,
    {
      caution:
        "An existing `outPath` is deleted first, so it must not be a git working tree that is still needed.",
    },
  ),
};
