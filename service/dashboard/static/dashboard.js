// What the pages do beyond HTML: nothing here is needed to read or to decide.
"use strict";
