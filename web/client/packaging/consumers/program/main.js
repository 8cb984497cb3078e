import { said } from "./said.js";

console.log(await said());
