import { expect, test } from "vitest";
import sprite from "../look/icons.svg?raw";
import { iconNames } from "./icons";

test("each icon has its symbol", () => {
  expect([...sprite.matchAll(/symbol id="([\w-]+)"/g)].map(([, name]) => name)).toEqual([...iconNames]);
});
