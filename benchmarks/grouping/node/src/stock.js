// Stock, asked of the warehouse over HTTP.

class UpstreamError extends Error {
  name = "UpstreamError";
}

class OutOfStock extends Error {
  name = "OutOfStock";
}

class StockReserved extends Error {
  name = "StockReserved";
}

async function syncStock(warehouse, sku, wanted, patience) {
  const found = await get(`${warehouse}/${sku}`, patience);
  return take(found, sku, wanted);
}

async function get(url, patience) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience * 1000) });
  if (!answer.ok) throw new UpstreamError(`GET ${url} answered ${answer.status} ${answer.statusText}`);
  return await answer.json();
}

function take(found, sku, wanted) {
  const told = `${wanted} of ${sku} cannot be had from ${found.place}`;
  if (found.on_hand < wanted) throw new OutOfStock(told);
  if (found.on_hand - found.reserved < wanted) throw new StockReserved(told);
  return found.on_hand - wanted;
}

module.exports = { syncStock };
