// A real OpenSSH server on loopback that lets one key in as the current user.
// Keeps everything in a folder of the test; knows nothing of git.
import { execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

/** A running server. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:PORT`, to be followed by an absolute path. */
  readonly url: string;
  /** The private key that is let in. */
  readonly privateKey: string;
}

const sshd = "/usr/sbin/sshd";

/** Why these tests cannot run here, or false. */
export function missingSshd(): string | false {
  if (!existsSync(sshd)) return "sshd is missing (package openssh-server)";
  return spawnSync("ssh-keygen", ["-?"]).error ? "ssh-keygen is missing (package openssh-client)" : false;
}

/** Starts the server; the test's end stops it. */
export async function startSshServer(t: TestContext, dir: string): Promise<SshServer> {
  const quiet: SpawnOptions = { stdio: "ignore" };
  for (const name of ["host", "client"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, name)], quiet as object);
  }
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(dir, "host")}`,
    `AuthorizedKeysFile ${join(dir, "client.pub")}`,
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "AcceptEnv GIT_PROTOCOL",
  ];
  writeFileSync(join(dir, "sshd_config"), `${settings.join("\n")}\n`);
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
  const server = spawn(sshd, ["-D", "-e", "-f", join(dir, "sshd_config")], { stdio: "ignore" });
  t.after(() => server.kill());
  await untilListening(port);
  const user = userInfo().username;
  return { url: `ssh://${user}@127.0.0.1:${port}`, privateKey: readFileSync(join(dir, "client"), "utf8") };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        done(true);
      });
      socket.once("error", () => done(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error("sshd does not listen");
}
