// Makes tar archives for tests, also such as no tar program would make.
const typeFlags = { file: "0", link: "1", symlink: "2", directory: "5", fifo: "6" } as const;

/** An entry to be packed. */
export interface TarMember {
  readonly name: string;
  readonly type?: keyof typeof typeFlags;
  readonly text?: string;
  readonly linkname?: string;
  readonly mode?: number;
}

/** The bytes of an archive in POSIX's format. Names must be short. */
export function makeTar(members: readonly TarMember[]): Buffer {
  return Buffer.concat([...members.flatMap(blocksOf), Buffer.alloc(1024)]);
}

function blocksOf({ name, type = "file", text = "", linkname = "", mode = 0o644 }: TarMember): Buffer[] {
  const content = Buffer.from(text);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  for (const [offset, length, value] of [
    [100, 8, mode],
    [108, 8, 0],
    [116, 8, 0],
    [124, 12, content.length],
    [136, 12, 0],
  ] as const) {
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset);
  }
  header.write(typeFlags[type], 156);
  header.write(linkname, 157);
  header.write("ustar\x0000", 257);
  header.write(" ".repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
