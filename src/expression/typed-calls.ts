// Signatures that upstream's virtual machine calls directly (vm/func_types of expr-lang).
// It matters because such calls treat nil and foreign types otherwise than reflected ones.
import type { Type } from "./types";

const signatures = new Set(
  [
    ["", "time.Duration time.Month time.Time time.Weekday []interface·{} []uint8 interface·{} bool uint8"],
    [
      "",
      "float32 float64 int int16 int32 int64 int8 map[string]interface·{} string uint uint16 uint32 uint64",
    ],
    ["time.Duration", "time.Duration time.Time"],
    ["time.Time", "time.Duration bool"],
    ["[]interface·{}", "[]interface·{} interface·{} map[string]interface·{}"],
    ["[]interface·{},string", "string"],
    ["[]uint8", "string"],
    ["[]string,string", "string"],
    ["interface·{}", "[]interface·{} interface·{} bool float64 int map[string]interface·{} string"],
    ["interface·{},interface·{}", "[]interface·{} interface·{} bool string"],
    ["bool", "bool float64 int string"],
    ["bool,bool", "bool"],
    ["float32", "float64"],
    ["float64", "bool float32 float64 int string"],
    ["float64,float64", "bool"],
    ["int", "bool float64 int string"],
    ["int,int", "bool int string"],
    ["int16", "int32"],
    ["int32", "float64 int int64"],
    ["int64", "time.Time"],
    ["int8", "int int16"],
    ["string", "[]uint8 []string bool float64 int string"],
    ["string,uint8", "int"],
    ["string,int", "int"],
    ["string,int32", "int"],
    ["string,string", "bool string"],
    ["uint", "float64 int uint"],
    ["uint16", "uint"],
    ["uint32", "uint64"],
    ["uint64", "float64 int64"],
    ["uint8", "uint8"],
  ].flatMap(([params = "", results = ""]) =>
    results
      .split(" ")
      .map((result) => `func(${params.split(",").join(", ")}) ${result}`.replaceAll("·", " ")),
  ),
);

/** True when upstream calls a function of this type directly. Declared function types and variadic ones never are. */
export function isTypedCall(type: Type): boolean {
  return type.kind === "func" && !type.variadic && !type.declared && signatures.has(type.name);
}
