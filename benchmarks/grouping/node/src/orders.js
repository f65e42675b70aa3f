// Orders as partners send them: read, checked and priced.
const PRICES = { "A-100": { cents: 1250 }, "A-200": { cents: 900 }, "B-310": { cents: 15900 }, "C-777": { cents: 450 } };
const COUNTRIES = new Set(["DE", "FR", "NL", "PL"]);

class OrderInvalid extends Error {
  name = "OrderInvalid";
}

function importOrder(body) {
  const order = JSON.parse(body);
  const lines = readLines(order.lines);
  check(order, lines);
  return lines.map(priceOf).reduce((sum, price) => sum + price, 0);
}

function readLines(given) {
  return given.flatMap((each) => (each.bundle ? readLines(each.bundle) : [readLine(each)]));
}

function readLine(given) {
  return { sku: given.sku.trim(), quantity: Number(given.quantity.toString()) * (given.packs ?? 1) };
}

function check(order, lines) {
  if (!COUNTRIES.has(order.country)) throw new OrderInvalid(`order ${order.id}: there is no shipping to '${order.country}'`);
  for (const line of lines) {
    if (line.quantity <= 0) {
      throw new OrderInvalid(`order ${order.id} of ${order.customer}: quantity ${line.quantity} of ${line.sku} is not positive`);
    }
  }
}

function priceOf(line) {
  return PRICES[line.sku].cents * line.quantity;
}

module.exports = { importOrder };
