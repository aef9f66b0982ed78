// Prints the security headers for nginx.conf.template to include.
import { securityHeaders } from './security-headers.mjs';

for (const [name, value] of Object.entries(securityHeaders())) {
  console.log(`add_header ${name} "${value}" always;`);
}
