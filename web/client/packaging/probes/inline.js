import { open } from "waypost/inline";
import { counted } from "./engine.js";

export const probe = () => counted(open);
