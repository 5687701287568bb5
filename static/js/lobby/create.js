/** The page where a room is opened. */

import { guardForms } from "./once.js";
import { drawPictures } from "./pictures.js";

drawPictures();
guardForms();
