// The editor's own GitHub sign-in as credentials for repositories on github.com.
// Asks for no sign-in: a session that is not there yet is no credential.
import { authentication } from "vscode";
import type { CredentialSource } from "../../engine/promotion/step";

const host = /^https:\/\/(?:[^/@]+@)?github\.com\//i;

/** Credentials of the session that is signed in, if any; `isAllowed` is asked each time. */
export function gitHubSession(isAllowed: () => boolean): CredentialSource {
  return {
    async find({ type, repoURL }) {
      if (type !== "git" || !host.test(repoURL) || !isAllowed()) return undefined;
      const session = await authentication.getSession("github", ["repo"], {
        createIfNone: false,
        silent: true,
      });
      return session && { username: "x-access-token", password: session.accessToken };
    },
  };
}
