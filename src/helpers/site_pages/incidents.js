"use strict";
// Without this the page is a plain table. With it, rows are sorted, searched and filtered by DataTables.
(async () => {
  const { default: DataTable } = await window.dataTables;
  const form = document.getElementById("incident-filters");
  const count = document.getElementById("incident-count");
  const table = new DataTable("#incident-table", {
    paging: false, autoWidth: false, order: [],
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
  });
  const rows = table.rows().nodes().toArray();
  const picks = [...form.querySelectorAll("select")];
  const inclusions = () => (form.borderline.checked ? ["core", "borderline"] : ["core"]);

  table.search.fixed("picks", (text, cells, index) => {
    const { dataset } = table.row(index).node();
    return inclusions().includes(dataset.inclusion) && picks.every(({ name, value }) => !value || dataset[name] === value);
  });

  function show() {
    table.search(form.text.value).draw();
    const shown = table.rows({ search: "applied" }).count();
    const all = rows.filter(row => inclusions().includes(row.dataset.inclusion)).length;
    count.textContent = shown ? `${shown} of ${all} incidents` : "No incident matches; Reset shows all";
  }

  // An address with #incident_id opens that incident, whatever is filtered.
  function open() {
    const row = rows.find(({ id }) => id && id === decodeURIComponent(location.hash.slice(1)));
    if (!row) return;
    form.reset();
    form.borderline.checked = row.dataset.inclusion !== "core";
    show();
    row.querySelector("details").open = true;
    row.scrollIntoView({ block: "center" });
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  addEventListener("hashchange", open);
  form.hidden = false;
  show();
  open();
})();
