// Error messages with numbers in them, and the checks of attributes that most ops need.
#pragma once

#include "op.h"

namespace myelin {

// Formats into a buffer of this thread that lasts until its next call.
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
const char*
words(const char* format, ...);

// Attribute i is a whole number in [low, high]; attr_int(i) is then exact. The bounds are below 2^53.
inline bool whole_attr(const OpArgs& args, int i, int64_t low, int64_t high) {
  const double v = args.attrs[i];
  return v >= static_cast<double>(low) && v <= static_cast<double>(high) &&
         v == static_cast<double>(static_cast<int64_t>(v));
}

}  // namespace myelin
