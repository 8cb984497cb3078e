import { expect, test } from "vitest";
import { pictureType } from "./sanitize";

test("a picture is what its octets say; a drawing with script in it is none", () => {
  expect(pictureType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d))).toBe("image/png");
  expect(pictureType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe("image/jpeg");
  expect(pictureType(new TextEncoder().encode("RIFF....WEBPVP8 "))).toBe("image/webp");
  expect(pictureType(new TextEncoder().encode("....ftypavif"))).toBe("image/avif");
  expect(pictureType(new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'>"))).toBeNull();
  expect(pictureType(new Uint8Array())).toBeNull();
});
