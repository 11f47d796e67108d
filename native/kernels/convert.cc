// Conversions between float32, int32, uint8 and bool (bytes 0 and 1). float to integer truncates and
// saturates, NaN gives 0; anything to bool is x != 0.
#include "elementwise.h"

namespace myelin::MYELIN_NS {
namespace {

template <class F>
void for_vectors(int64_t n, F f) {  // f(offset, count)
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) f(i, kWidth);
  if (i < n) f(i, static_cast<int>(n - i));
}

I32 truncate(F32 x) {
  const Mask over = x >= set1(2147483648.0f);
  const F32 low = select(x > set1(-2147483648.0f), x, set1(-2147483648.0f));
  const I32 i = select(over, set1i(INT32_MAX), to_int(trunc(select(over, zero(), low))));
  return select(is_nan(x), set1i(0), i);
}
I32 truncate_byte(F32 x) {
  const F32 end = set1(255.0f), low = positive_part(x);
  return to_int(trunc(select(low > end, end, low)));
}

}  // namespace

void floatToInt(const float* x, int32_t* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) { storei_n(y + i, truncate(load_n(x + i, count)), count); });
}
void floatToByte(const float* x, uint8_t* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) { storei_u8(y + i, truncate_byte(load_n(x + i, count)), count); });
}
void floatToBool(const float* x, uint8_t* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) {
    store_mask(y + i, !(shl<1>(bits(load_n(x + i, count))) == set1i(0)), count);  // subnormals, too, are not 0
  });
}
void intToFloat(const int32_t* x, float* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) { store_n(y + i, to_float(loadi_n(x + i, count)), count); });
}
void intToByte(const int32_t* x, uint8_t* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) { storei_u8(y + i, loadi_n(x + i, count), count); });
}
void intToBool(const int32_t* x, uint8_t* y, int64_t n) {
  for_vectors(n,
              [=](int64_t i, int count) { store_mask(y + i, !(loadi_n(x + i, count) == set1i(0)), count); });
}
void byteToInt(const uint8_t* x, int32_t* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) { storei_n(y + i, loadi_u8(x + i, count), count); });
}
void byteToBool(const uint8_t* x, uint8_t* y, int64_t n) {
  for_vectors(n, [=](int64_t i, int count) { store_mask(y + i, load_mask(x + i, count), count); });
}

}  // namespace myelin::MYELIN_NS
