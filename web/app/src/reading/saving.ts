/** Saves files on the device: as a stream straight to the disk where the browser can, else gathered by the browser. */

/** What is saved, as the client gives it. */
export interface SavedFile {
  readonly name: string;
  readonly stream: ReadableStream<Uint8Array>;
}

interface Picker {
  showSaveFilePicker?(options: { readonly suggestedName: string }): Promise<{ createWritable(): Promise<WritableStream<Uint8Array>> }>;
}

/** Its type is that of no document, so that nothing is ever opened in the app's origin. */
const type = "application/octet-stream";
/** Small pieces are put together until they are so large; then the browser may put them away from memory. */
const pieceOctets = 4 * 1024 * 1024;

/** A stream as a blob, of which this page never holds more than a piece in its own memory. */
export async function gather(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const pieces: Blob[] = [];
  let small: Uint8Array<ArrayBuffer>[] = [];
  let octets = 0;
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    small.push(new Uint8Array(read.value));
    octets += read.value.length;
    if (octets < pieceOctets) continue;
    pieces.push(new Blob(small));
    [small, octets] = [[], 0];
  }
  return new Blob([...pieces, ...small], { type });
}

/** Saves a file that may be of any size. False: the person changed their mind. */
export async function saveLarge(file: SavedFile, page: Picker = window as Picker): Promise<boolean> {
  let target;
  try {
    target = await page.showSaveFilePicker?.({ suggestedName: file.name });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      await file.stream.cancel();
      return false;
    }
    // A browser that knows the question but may not ask it here: the file is saved as others are.
  }
  if (target === undefined) await saveFile(file);
  else await file.stream.pipeTo(await target.createWritable());
  return true;
}

/** Saves a file as a download. */
export async function saveFile({ name, stream }: SavedFile): Promise<void> {
  download(await gather(stream), name);
}

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun when the click returns; some engines read a little later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
