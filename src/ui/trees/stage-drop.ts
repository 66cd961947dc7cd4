// Dragging Freight onto a Stage asks to promote it; the keyboard's equal is "Promote…" on either of them.
// Promotes nothing: the command asks first.
import { commands, type DataTransfer, DataTransferItem, type TreeDragAndDropController } from "vscode";
import { type CommandId, pipelinesViewId } from "../contributions";
import { CurrentFreightNode, FreightNode } from "./freight-nodes";
import type { Row } from "./rows";
import { StageNode } from "./stage-nodes";
import type { TreeNode } from "./tree-node";

/** VS Code's own type for what comes from this tree. */
const mimeType = `application/vnd.code.tree.${pipelinesViewId.toLowerCase()}`;

/** Lets Freight be dropped on Stages of the same Project. */
export class StageDropController implements TreeDragAndDropController<Row<TreeNode>> {
  readonly dragMimeTypes = [mimeType];
  readonly dropMimeTypes = [mimeType];

  handleDrag(rows: readonly Row<TreeNode>[], transfer: DataTransfer): void {
    const nodes = rows.map(({ node }) => node);
    const freight = nodes.find((node) => node instanceof FreightNode || node instanceof CurrentFreightNode);
    if (freight !== undefined) transfer.set(mimeType, new DataTransferItem(freight));
  }

  async handleDrop(row: Row<TreeNode> | undefined, transfer: DataTransfer): Promise<void> {
    const target = row?.node;
    const freight: unknown = transfer.get(mimeType)?.value;
    if (!(target instanceof StageNode)) return;
    if (!(freight instanceof FreightNode || freight instanceof CurrentFreightNode)) return;
    if (freight.folder !== target.folder || freight.ref.namespace !== target.ref.namespace) return;
    await commands.executeCommand("kargo.stage.promote" satisfies CommandId, target, freight, {
      confirm: true,
    });
  }
}
