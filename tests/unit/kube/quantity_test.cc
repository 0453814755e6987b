#include "kube/model/quantity.h"

#include <gtest/gtest.h>

namespace skiff::kube {
namespace {

std::string Canonical(const char* text) {
  const auto quantity = Quantity::Parse(text);
  return quantity ? quantity->ToString() : quantity.error().message();
}

int64_t IntValue(const char* text) { return Quantity::Parse(text)->Value(); }

TEST(Quantity, PrintsCanonically) {
  EXPECT_EQ(Canonical("0.5"), "500m");
  EXPECT_EQ(Canonical("1.5"), "1500m");
  EXPECT_EQ(Canonical("1000m"), "1");
  EXPECT_EQ(Canonical("1.5Gi"), "1536Mi");
  EXPECT_EQ(Canonical("0.5Gi"), "512Mi");
  EXPECT_EQ(Canonical("1024Ki"), "1Mi");
  EXPECT_EQ(Canonical("0.1Mi"), "104857600m");
  EXPECT_EQ(Canonical("129M"), "129M");
  EXPECT_EQ(Canonical("1000M"), "1G");
  EXPECT_EQ(Canonical("128974848"), "128974848");
  EXPECT_EQ(Canonical("123Mi"), "123Mi");
  EXPECT_EQ(Canonical("1e3"), "1e3");
  EXPECT_EQ(Canonical("1E"), "1E");
  EXPECT_EQ(Canonical("0"), "0");
  EXPECT_EQ(Canonical("0Mi"), "0");
}

TEST(Quantity, HasIntegerValuesRoundedUp) {
  EXPECT_EQ(IntValue("0.5"), 1);
  EXPECT_EQ(IntValue("1.5Gi"), 1610612736);
  EXPECT_EQ(IntValue("0.1Mi"), 104858);
  EXPECT_EQ(IntValue("129M"), 129000000);
  EXPECT_EQ(IntValue("1e3"), 1000);
  EXPECT_EQ(IntValue("1E"), 1'000'000'000'000'000'000);
  EXPECT_EQ(IntValue("123Mi"), 128974848);
  EXPECT_EQ(IntValue("128m"), 1);
  EXPECT_EQ(IntValue("-1.5"), -1);
  EXPECT_EQ(Quantity::Parse("100m")->MilliValue(), 100);
  EXPECT_EQ(Quantity::Parse("2")->MilliValue(), 2000);
  EXPECT_EQ(Quantity::Parse("1u")->MilliValue(), 1);
}

TEST(Quantity, ParsesSignsAndBareDots) {
  EXPECT_EQ(Canonical(".5"), "500m");
  EXPECT_EQ(Canonical("5."), "5");
  EXPECT_EQ(Canonical("+1"), "1");
  EXPECT_EQ(Canonical("-1"), "-1");
}

TEST(Quantity, RefusesWhatKubernetesRefuses) {
  for (const char* text : {"1K", "1 Gi", "1GiB", "0x10", "1..2", "", "mb", "1KB", "1e", "1e+", "--1", ".", "1e99999999999"}) {
    EXPECT_FALSE(Quantity::Parse(text)) << text;
  }
}

TEST(Quantity, IsExactAndCapped) {
  EXPECT_EQ(*Quantity::Parse("0.1"), *Quantity::Parse("100m"));
  EXPECT_EQ(*Quantity::Parse("1024Mi"), *Quantity::Parse("1Gi"));
  EXPECT_LT(*Quantity::Parse("1G"), *Quantity::Parse("1Gi"));
  EXPECT_EQ(Canonical("0.0000000001"), "1n");
  EXPECT_EQ(Canonical("1.00000000000000000000000000000000000000000"), "1");
  EXPECT_EQ(IntValue("100E"), INT64_MAX);
  EXPECT_EQ(IntValue("99999999999999999999999999999999999999999999"), INT64_MAX);
  EXPECT_EQ(IntValue("1e900"), INT64_MAX);
}

TEST(Quantity, DividesRoundingUp) {
  EXPECT_EQ(Quantity::Parse("65Mi")->DivideRoundUp(*Quantity::Parse("1Mi")), 65);
  EXPECT_EQ(Quantity::Parse("1500m")->DivideRoundUp(*Quantity::Parse("1")), 2);
  EXPECT_EQ(Quantity::Parse("250m")->DivideRoundUp(*Quantity::Parse("1m")), 250);
}

TEST(Quantity, GuessesWhatWasMeant) {
  EXPECT_EQ(SimilarQuantity("64MB"), "64M");
  EXPECT_EQ(SimilarQuantity("64mi"), "64Mi");
  EXPECT_EQ(SimilarQuantity("1.5 GiB"), "1.5Gi");
  EXPECT_EQ(SimilarQuantity("10KB"), "10k");
  EXPECT_EQ(SimilarQuantity("10K"), "10k");
  EXPECT_EQ(SimilarQuantity("10kib"), "10Ki");
  EXPECT_EQ(SimilarQuantity("500 m"), "500m");
  EXPECT_EQ(SimilarQuantity("2 cores"), "2");
  EXPECT_EQ(SimilarQuantity("512b"), "512");
  EXPECT_EQ(SimilarQuantity("much"), "");
  EXPECT_EQ(SimilarQuantity("1x"), "");
  EXPECT_EQ(SimilarQuantity(""), "");
}

}  // namespace
}  // namespace skiff::kube
