"use strict";
drawCharts(document.body.dataset.rows).then((refresh) => {
  listen(document.body.dataset.live, { hello: refresh, score: refresh });
});
