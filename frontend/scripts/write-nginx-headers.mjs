// Prints the security headers for nginx.conf.template to include. Responses of the API keep their own.
import { securityHeaders } from './security-headers.mjs';

for (const [name, value] of Object.entries(securityHeaders())) {
  const variable = name.toLowerCase().replaceAll('-', '_');
  console.log(`map $upstream_http_${variable} $own_${variable} { "" "${value}"; }`);
  console.log(`add_header ${name} $own_${variable} always;`);
}
