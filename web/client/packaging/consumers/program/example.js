import { openSite } from "./site.js";

// Runs the file of an example; mail comes when it has said something, and it is stopped when it has said something more.
const { example } = await import(process.argv[2]);
const { mail, site, close } = await openSite();
const stop = new AbortController();
const said = [];
await example(
  site,
  (line) => {
    said.push(line);
    if (said.length === 1) mail.deliver("From: kim@mail.example\nSubject: News\n\nRead me.\n");
    else stop.abort();
  },
  stop.signal,
);
close();
console.log(said.join("\n"));
