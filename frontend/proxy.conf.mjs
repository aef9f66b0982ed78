const target = `http://127.0.0.1:${process.env.PORT ?? 8000}`;

export default Object.fromEntries(
  ['/api', '/users', '/up', '/docs', '/openapi.json'].map((path) => [path, { target }]),
);
