// The task type `kargo`: checks the YAML of a folder in a terminal, by the terminal program that ships with the extension.
// The problem matcher `$kargo` of package.json reads what it prints.
import {
  ProcessExecution,
  Task,
  type TaskDefinition,
  TaskGroup,
  tasks,
  type WorkspaceFolder,
  workspace,
} from "vscode";
import type { Disposable } from "../../base/disposable";
import { taskType } from "../contributions";

interface ValidateDefinition extends TaskDefinition {
  readonly type: typeof taskType;
  readonly task: "validate";
  readonly paths?: readonly string[];
}

/** Offers the task in every folder. `cliPath` is the bundle of the terminal program. */
export function offerValidateTask(cliPath: string): Disposable {
  return tasks.registerTaskProvider(taskType, {
    provideTasks: () =>
      (workspace.workspaceFolders ?? []).map((folder) =>
        validateTask({ type: taskType, task: "validate" }, folder, cliPath),
      ),
    resolveTask: ({ definition, scope }) => {
      const isFolder = typeof scope === "object";
      if (!isFolder || definition.task !== "validate") return undefined;
      return validateTask(definition as ValidateDefinition, scope, cliPath);
    },
  });
}

function validateTask(definition: ValidateDefinition, folder: WorkspaceFolder, cliPath: string): Task {
  const paths = Array.isArray(definition.paths)
    ? definition.paths.filter((path) => typeof path === "string")
    : [];
  // The editor's own program runs as Node; a Node on PATH may be missing or old.
  const execution = new ProcessExecution(process.execPath, [cliPath, "validate", ...paths], {
    cwd: folder.uri.fsPath,
    env: { ELECTRON_RUN_AS_NODE: "1" },
  });
  const task = new Task(definition, folder, "validate", taskType, execution, "$kargo");
  task.group = TaskGroup.Build;
  task.detail = "Check the folder's Kargo YAML";
  return task;
}
