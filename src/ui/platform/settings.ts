// The extension's settings, typed. VS Code leaves out what a workspace sets while it is not trusted.
// Applies none of them.
import { type ConfigurationScope, workspace } from "vscode";
import type { CredentialType, ToolPaths } from "../../engine/promotion/step";
import type { SettingName } from "../contributions";

/** Section of every setting of this extension. */
export const settingsSection = "kargo";

/** Programs to start in place of those on PATH. */
export function toolPaths(scope: ConfigurationScope): ToolPaths {
  return {
    ...named("git", path("git.path", scope)),
    ...named("helm", path("helm.path", scope)),
    ...named("kustomize", path("kustomize.path", scope)),
  };
}

/** What Argo CD steps do in the embedded engine, which has no Argo CD. */
export function argocdWhenMissing(scope: ConfigurationScope): "skip" | "require" {
  return read("embedded.argocd", scope) === "require" ? "require" : "skip";
}

/** Kinds of repositories for which credentials of this machine may be used. */
export function ambientCredentials(scope: ConfigurationScope): readonly CredentialType[] {
  const value = read("credentials.ambient", scope);
  const types: readonly unknown[] = Array.isArray(value) ? value : [];
  return types.filter(
    (type): type is CredentialType => type === "git" || type === "image" || type === "helm",
  );
}

/** Whether Warehouses are looked at by themselves, at their intervals. */
export function discoversAutomatically(): boolean {
  return read("discovery.automatic", undefined) !== false;
}

/** Whether failures of what ran by itself are told in a message. */
export function notifiesOfFailures(): boolean {
  return read("notifications.failures", undefined) !== false;
}

/** No more messages about such failures, in any workspace. */
export async function silenceFailures(): Promise<void> {
  const name: SettingName = "notifications.failures";
  await workspace.getConfiguration(settingsSection).update(name, false, true);
}

function path(name: SettingName, scope: ConfigurationScope): string | undefined {
  const value = read(name, scope);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function read(name: SettingName, scope: ConfigurationScope | undefined): unknown {
  return workspace.getConfiguration(settingsSection, scope).get<unknown>(name);
}

function named<K extends string>(name: K, value: string | undefined): { readonly [N in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in K]: string });
}
