void import("./said.js").then(async ({ said }) => console.log(await said()));
