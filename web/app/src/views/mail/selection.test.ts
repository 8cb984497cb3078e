import { describe, expect, test } from "vitest";
import { extended, kept, neighbour, nothing, toggled, without } from "./selection";

const order = ["a", "b", "c", "d", "e"];
const ids = (selection: { readonly ids: ReadonlySet<string> }): string => [...selection.ids].sort().join("");

describe("ticks", () => {
  test("a message is ticked and not any more", () => {
    const one = toggled(nothing, "b");
    expect([ids(one), ids(toggled(one, "d")), ids(toggled(one, "b"))]).toEqual(["b", "bd", ""]);
  });

  test("a range grows, shrinks and turns around its beginning, and leaves other ticks alone", () => {
    const begun = toggled(toggled(nothing, "a"), "c");
    const grown = extended(begun, order, "c", "e");
    const shrunk = extended(grown, order, "c", "d");
    const turned = extended(shrunk, order, "c", "b");
    expect([grown, shrunk, turned].map(ids)).toEqual(["acde", "acd", "abc"]);
  });

  test("a range without a beginning begins where the focus is; so does one whose beginning left the list", () => {
    expect(ids(extended(nothing, order, "b", "c"))).toBe("bc");
    expect(ids(extended({ ...nothing, anchor: "gone", end: "gone" }, order, "d", "e"))).toBe("de");
  });

  test("what left the list loses its tick; what the list did not reach yet keeps it", () => {
    const all = { ...nothing, ids: new Set(["a", "c", "far"]) };
    expect(ids(kept(all, order, ["a", "b"]))).toBe("afar");
    expect(kept(all, order, order)).toBe(all);
    expect(without({ ...nothing, ids: new Set(["a"]) }, ["a"])).toBe(nothing);
  });

  test("the focus goes to the next that stays, at the end to the one before", () => {
    expect(neighbour(order, ["b", "c"])).toBe("d");
    expect(neighbour(order, ["d", "e"])).toBe("c");
    expect(neighbour(order, order)).toBe(null);
    expect(neighbour(["a"], ["x"])).toBe("a");
  });
});
