// These functions need no memory and cannot fail, unlike those that take their place.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
