// Shows how far a job is, and loads the page again when it has ended. Without it, the link does the same.
"use strict";
const job = document.getElementById("job");
if (job && job.dataset.progress) {
  const words = job.querySelector("[role=status]"), bar = job.querySelector("progress");
  const ask = async () => {
    try {
      const got = await fetch(job.dataset.progress, { headers: { Accept: "application/json" } });
      if (!got.ok) return;
      const now = await got.json();
      if (now.ended || now.state !== job.dataset.state) return location.reload();
      if (now.total) {
        bar.max = now.total;
        bar.value = now.done;
        words.textContent = `${now.done} of ${now.total}`;
      }
    } catch { /* the network is away: ask again */ }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 1000);
}
