// Payments, booked in PostgreSQL.
const { Pool } = require("pg");

class SettlementFailed extends Error {
  name = "SettlementFailed";
}

async function settle(database, payment) {
  const amount = amountOf(payment);
  const pool = new Pool({ connectionString: database });
  try {
    await book(pool, payment, amount);
    const legs = payment.legs.map(([source, target]) => transfer(pool, source, target, amount));
    const ended = await Promise.allSettled(legs);
    for (const leg of ended) if (leg.status === "rejected") throw leg.reason;
  } finally {
    await pool.end();
  }
}

function amountOf(payment) {
  try {
    return BigInt(payment.amount.replace(".", ""));
  } catch (error) {
    throw new SettlementFailed(`payment ${payment.id}: cannot settle ${payment.amount} EUR`, { cause: error });
  }
}

async function inTransaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await work(client);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

function book(pool, payment, amount) {
  return inTransaction(pool, async (client) => {
    await client.query("SET LOCAL statement_timeout = 400");
    await client.query("SELECT sum(n) FROM generate_series(1, $1::int) n", [payment.history]);
    const values = [payment.id, payment.payer, amount];
    await client.query("INSERT INTO payments (id, payer, amount) VALUES ($1, $2, $3)", values);
  });
}

function transfer(pool, source, target, amount) {
  return inTransaction(pool, async (client) => {
    const change = "UPDATE accounts SET balance = balance + $1 WHERE id = $2";
    await client.query(change, [-amount, source]);
    await client.query(change, [amount, target]);
  });
}

module.exports = { settle };
