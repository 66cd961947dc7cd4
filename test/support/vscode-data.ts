// The few plain data classes of VS Code that tree nodes are made of, for tests that build nodes outside an editor.
// Draws and runs nothing; how the tree behaves in VS Code is seen in test/integration and test/e2e.

/** As in VS Code. */
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;

/** As in VS Code. */
export class ThemeColor {
  constructor(readonly id: string) {}
}

/** As in VS Code. */
export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

/** As in VS Code. */
export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState: number = TreeItemCollapsibleState.None,
  ) {}
}

/** As in VS Code, for the two ways in which text is added here. */
export class MarkdownString {
  constructor(public value = "") {}

  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }

  appendCodeblock(text: string, language = ""): this {
    return this.appendMarkdown(`\n\`\`\`${language}\n${text}\n\`\`\`\n`);
  }
}

/** As in VS Code, as far as it is passed on. */
export class Range {
  readonly places: readonly number[];

  constructor(...places: readonly number[]) {
    this.places = places;
  }
}

/** As in VS Code, as far as it is passed on. */
export class Uri {
  constructor(readonly text: string) {}

  static parse(text: string): Uri {
    return new Uri(text);
  }

  static joinPath({ text }: Uri, path: string): Uri {
    return new Uri(`${text}/${path}`);
  }
}
