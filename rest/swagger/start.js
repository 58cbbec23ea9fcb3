// Swagger UI against this server's own description. A token given under "Authorize" is forgotten with the page,
// and no badge asks a validator elsewhere.
SwaggerUIBundle({
  dom_id: "#swagger",
  url: "/openapi.json",
  deepLinking: true,
  tagsSorter: "alpha",
  persistAuthorization: false,
  validatorUrl: null,
});
