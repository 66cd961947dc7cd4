// Answers of the language service in the words of the Language Server Protocol.
// Decides nothing.
import {
  type CodeLens,
  type CompletionItem,
  CompletionItemKind,
  CompletionItemTag,
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentSymbol,
  type FoldingRange,
  FoldingRangeKind,
  type InlayHint,
  InlayHintKind,
  InsertTextFormat,
  InsertTextMode,
  type Location,
  MarkupKind,
  type Range,
  type SignatureHelp,
  SymbolKind,
} from "vscode-languageserver/node.js";
import type * as service from "./language-service";

/** Line and column of an offset in the file at hand. */
export type Place = (offset: number) => { readonly line: number; readonly character: number };

const severityNumbers = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const;

/** A diagnostic; `data` carries what quick fixes need. */
export function toDiagnostic(one: service.Diagnostic): Diagnostic {
  return {
    range: one.range,
    severity: severityNumbers[one.severity],
    code: one.rule,
    source: "kargo",
    message: one.message,
    ...(one.deprecated ? { tags: [DiagnosticTag.Deprecated] } : {}),
    ...(one.fix === undefined ? {} : { data: one.fix }),
  };
}

const completionKinds: Readonly<Record<service.CompletionKind, CompletionItemKind>> = {
  field: CompletionItemKind.Field,
  value: CompletionItemKind.Value,
  step: CompletionItemKind.Class,
  reference: CompletionItemKind.Reference,
  variable: CompletionItemKind.Variable,
  member: CompletionItemKind.Property,
  function: CompletionItemKind.Function,
  keyword: CompletionItemKind.Keyword,
  snippet: CompletionItemKind.Snippet,
};

/** Ways to call a function, with the place of the cursor in them. */
export function toSignatureHelp({ signatures, active, parameter }: service.SignatureHelp): SignatureHelp {
  return {
    signatures: signatures.map(({ label, doc, parameters }) => ({
      label,
      documentation: markdown(doc),
      parameters: parameters.map(({ start, end, doc: words }) => ({
        label: [start, end],
        ...(words === "" ? {} : { documentation: markdown(words) }),
      })),
    })),
    activeSignature: active,
    activeParameter: parameter,
  };
}

function markdown(value: string) {
  return { kind: MarkupKind.Markdown, value };
}

/** A completion. Lines of a snippet are indented already, so the client must leave them as they are. */
export function toCompletion(one: service.Completion, index: number, place: Place): CompletionItem {
  return {
    label: one.label,
    kind: completionKinds[one.kind],
    sortText: String(index).padStart(5, "0"),
    textEdit: { range: rangeOf(one, place), newText: one.insert },
    insertTextFormat: one.snippet === true ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    insertTextMode: InsertTextMode.asIs,
    ...(one.detail === undefined ? {} : { detail: one.detail }),
    ...(one.doc === undefined ? {} : { documentation: { kind: MarkupKind.Markdown, value: one.doc } }),
    ...(one.filter === undefined ? {} : { filterText: one.filter }),
    ...(one.deprecated === true ? { tags: [CompletionItemTag.Deprecated] } : {}),
    ...(one.again === true ? { command: { title: "", command: "editor.action.triggerSuggest" } } : {}),
  };
}

/** The range of a span. */
export function rangeOf(span: service.Span, place: Place): Range {
  return { start: place(span.start), end: place(span.end) };
}

/** A place in a file. */
export function toLocation({ file, range }: service.Location): Location {
  return { uri: file, range };
}

const symbolKinds: Readonly<Record<service.OutlineSymbol["kind"], SymbolKind>> = {
  resource: SymbolKind.Class,
  step: SymbolKind.Function,
  variable: SymbolKind.Variable,
  subscription: SymbolKind.Interface,
  request: SymbolKind.Event,
  metric: SymbolKind.Number,
  policy: SymbolKind.Key,
};

/** A symbol of an outline with those in it. */
export function toSymbol(one: service.OutlineSymbol, place: Place): DocumentSymbol {
  return {
    name: one.name,
    detail: one.detail,
    kind: symbolKinds[one.kind],
    range: rangeOf(one, place),
    selectionRange: rangeOf(one.selection, place),
    children: one.children.map((child) => toSymbol(child, place)),
  };
}

/** A fold. */
export function toFold({ start, end, kind }: service.Fold): FoldingRange {
  const fold = { startLine: start, endLine: end };
  return kind === "comment" ? { ...fold, kind: FoldingRangeKind.Comment } : fold;
}

/** A hint in the text. */
export function toHint({ offset, label, kind }: service.InlayHint, place: Place): InlayHint {
  return { position: place(offset), label, ...(kind === "value" ? { kind: InlayHintKind.Parameter } : {}) };
}

const lensCommands = { promote: "kargo.stage.promote", refresh: "kargo.warehouse.refresh" } as const;

/** A lens; its command takes what the extension's commands take. */
export function toLens({ action, title, resource, ...span }: service.CodeLens, place: Place): CodeLens {
  return {
    range: rangeOf(span, place),
    command: { title, command: lensCommands[action], arguments: [{ ref: resource }] },
  };
}

/** Tokens as the protocol packs them: five numbers each, relative to the one before. */
export function packTokens(
  tokens: readonly service.SemanticToken[],
  types: readonly string[],
  place: Place,
): number[] {
  const data: number[] = [];
  let line = 0;
  let character = 0;
  for (const token of tokens) {
    const start = place(token.start);
    const deltaLine = start.line - line;
    data.push(deltaLine, deltaLine === 0 ? start.character - character : start.character);
    data.push(token.end - token.start, types.indexOf(token.type), token.builtin ? 1 : 0);
    ({ line, character } = start);
  }
  return data;
}
