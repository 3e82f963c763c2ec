// OpenSSL 3 deprecates these functions. They allocate nothing and cannot fail, unlike the EVP functions that replace
// them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
