// Amounts of cpu, memory and storage: Kubernetes' resource.Quantity (kube-semantics: exact, no floating
// point).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::kube {

class Quantity {
 public:
  Quantity() = default;  // 0
  // "500m", "1.5Gi", "1e3", "128974848". Finer than nano is rounded up (away from zero); more than 2^63-1 is
  // capped.
  static common::Result<Quantity> Parse(std::string_view text);
  static Quantity FromInt(int64_t value) {
    return Quantity(static_cast<__int128>(value) * kNano, Format::kDecimalSi);
  }
  static Quantity FromBytes(int64_t bytes) {
    return Quantity(static_cast<__int128>(bytes) * kNano, Format::kBinarySi);
  }
  static Quantity FromMilli(int64_t value) {
    return Quantity(static_cast<__int128>(value) * (kNano / 1000), Format::kDecimalSi);
  }

  // Rounded up to a whole number; capped at the ends of int64.
  int64_t Value() const;
  // Rounded up to thousandths; capped.
  int64_t MilliValue() const;
  // ceil(this / divisor); `divisor` must be positive.
  int64_t DivideRoundUp(const Quantity& divisor) const;

  bool IsZero() const { return nano_ == 0; }
  bool IsNegative() const { return nano_ < 0; }
  bool IsInteger() const { return nano_ % kNano == 0; }
  // Canonical: no fraction, the largest suffix of the same family that keeps it exact.
  std::string ToString() const;

  friend Quantity operator+(const Quantity& a, const Quantity& b) {
    return Quantity(a.nano_ + b.nano_, a.format_);
  }
  // By amount: "1000m" equals "1".
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nano_ == b.nano_; }
  friend auto operator<=>(const Quantity& a, const Quantity& b) { return a.nano_ <=> b.nano_; }

 private:
  enum class Format { kDecimalSi, kBinarySi, kDecimalExponent };
  static constexpr int64_t kNano = 1'000'000'000;

  Quantity(__int128 nano, Format format) : nano_(nano), format_(format) {}

  __int128 nano_ = 0;  // in billionths
  Format format_ = Format::kDecimalSi;
};

// What was meant by a text that is no quantity, such as "64MB", "1.5 GiB" or "64mi"; empty if there is no telling.
std::string SimilarQuantity(std::string_view text);

}  // namespace skiff::kube
