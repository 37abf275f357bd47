// Promise.withResolvers for PostGraphile on Node 20, which has none.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((a, b) => ([resolve, reject] = [a, b]));
  return { promise, resolve, reject };
};
