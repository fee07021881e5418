/**
 * Rows of a product in one loop, where tiles of several rows have as many sums as a single row with all its vectors: what
 * stands before and after the contraction is in the code once. Several lots of sums are contracted one after the other
 * and then finished together.
 */
import { at } from "../../../../base/at.js";
import type { LoopAxis } from "../../../../ir/kernel/kernel-program.js";
import type { FunctionCode, Local } from "../../assembler/function-code.js";
import type { KernelContext } from "../context.js";
import { type Count, pushCount } from "../extents.js";
import { type ProductPlan, pushMember } from "./product-plan.js";
import type { RegisterTile } from "./register-tile.js";

/** Rows from `position` on, up to before `end`, in the columns from unit `first` on. */
interface RowRange {
  readonly rows: LoopAxis;
  readonly end: Count;
  readonly position: Local;
  readonly first: Local;
  readonly lots: number;
}

export class MixedRows {
  private readonly plan: ProductPlan;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;
  private readonly tiles: RegisterTile;
  private readonly range: RowRange;
  private readonly members: readonly Local[];
  /** Where the vectors of a row begin, for each lot. */
  private readonly units: readonly Local[];
  /** The unit that tiles of several rows are at. */
  private readonly start: Local;
  /** Is it several rows this time? */
  private readonly many: Local;

  constructor(plan: ProductPlan, context: KernelContext, tiles: RegisterTile, range: RowRange) {
    const { code } = context;
    this.plan = plan;
    this.context = context;
    this.code = code;
    this.tiles = tiles;
    this.range = range;
    this.members = Array.from({ length: plan.rowTile }, () => code.local("i32"));
    this.units = Array.from({ length: range.lots * plan.rowTile }, () => code.local("i32"));
    this.start = code.local("i32");
    this.many = code.local("i32");
  }

  emit(): void {
    const { code, context, start, many } = this;
    const { position, end, first } = this.range;
    code.get(first).set(start);
    code.block((exit) => {
      code.get(position);
      pushCount(end, context);
      code.op("i32.ge_s").brIf(exit);
      code.loop((again) => {
        code.get(position).i32(this.plan.rowTile).op("i32.add");
        pushCount(end, context);
        code.op("i32.le_s").tee(many);
        code.if(
          () => this.severalRows(),
          () => this.singleRow(),
        );
        this.tile();
        code.get(many).if(
          () => this.nextColumns(),
          () => code.increase(position, 1),
        );
        code.get(position);
        pushCount(end, context);
        code.op("i32.lt_s").brIf(again);
      });
    });
    code.release(start, many, ...this.members, ...this.units);
  }

  /** A block of vectors of each row. */
  private severalRows(): void {
    const { code, members, units } = this;
    const { block, width, rowTile } = this.plan;
    members.forEach((member, n) => {
      pushMember(this.range.rows, this.range.position, n, this.context);
      code.set(member);
    });
    units.forEach((unit, n) => {
      const ahead = Math.floor(n / rowTile) * block * width;
      code.get(this.start).i32(ahead).op("i32.add").set(unit);
    });
  }

  /** All vectors of one row, a block for each of the rows that there would be. */
  private singleRow(): void {
    const { code, members, units } = this;
    const { block, width, rowTile, vectorsOfRow } = this.plan;
    members.forEach((member, n) => {
      if (n === 0) pushMember(this.range.rows, this.range.position, 0, this.context);
      else code.get(at(members, 0));
      code.set(member);
    });
    units.forEach((unit, n) => {
      const ahead = (Math.floor(n / rowTile) * vectorsOfRow + (n % rowTile) * block) * width;
      code.get(this.range.first).i32(ahead).op("i32.add").set(unit);
    });
  }

  private tile(): void {
    const { code, tiles, units } = this;
    const { position, lots } = this.range;
    const { block, width, rowTile, vectorsOfRow } = this.plan;
    const rows = tiles.rows(this.members);
    const starts = units.map((unit) => tiles.start(unit));
    const groups = Array.from({ length: vectorsOfRow * lots }, (_, g) => {
      const [l, r, v] = [Math.floor(g / vectorsOfRow), Math.floor((g % vectorsOfRow) / block), g % block];
      return tiles.group(at(rows, r), at(starts, l * rowTile + r), v * width, width);
    });
    tiles.begin(groups);
    for (let l = 0; l < lots; l++) {
      const own = groups.slice(l * vectorsOfRow, (l + 1) * vectorsOfRow);
      const unit = at(units, l * rowTile);
      code.get(this.many).if(
        () => tiles.contract({ rows, position, vectors: block, groups: own }, unit),
        () => tiles.contract({ rows: rows.slice(0, 1), position, vectors: vectorsOfRow, groups: own }, unit),
      );
    }
    tiles.finish(groups);
    tiles.release(rows, starts);
  }

  /** The next vectors of the same rows, or the next rows. */
  private nextColumns(): void {
    const { code, start } = this;
    const { position, first, lots } = this.range;
    const { block, width, rowTile, vectorsOfRow } = this.plan;
    const all = vectorsOfRow * lots * width;
    code.increase(start, block * lots * width);
    code.get(start).get(first).op("i32.sub").i32(all).op("i32.eq");
    code.if(() => {
      code.get(first).set(start);
      code.increase(position, rowTile);
    });
  }
}
