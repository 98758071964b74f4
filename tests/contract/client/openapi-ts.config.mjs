// Generates a typed client from Persona's OpenAPI file, named by PERSONA_OPENAPI.
export default {
  input: process.env.PERSONA_OPENAPI,
  output: { path: 'generated', importFileExtension: '.js', clean: true },
  plugins: ['@hey-api/client-fetch', '@hey-api/sdk', '@hey-api/typescript'],
  logs: { level: 'silent' },
};
