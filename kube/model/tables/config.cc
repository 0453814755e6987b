#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

const Struct& Describe(const ConfigMap*) {
  static const Struct table{"ConfigMap", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&ConfigMap::metadata>("metadata").Required(),
      F<&ConfigMap::data>("data"),
      F<&ConfigMap::binary_data>("binaryData"),
      F<&ConfigMap::immutable>("immutable"),
  }};
  return table;
}

const Struct& Describe(const Secret*) {
  static const Struct table{"Secret", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&Secret::metadata>("metadata").Required(),
      F<&Secret::data>("data"),
      F<&Secret::string_data>("stringData"),
      F<&Secret::type>("type").Default("Opaque"),
      F<&Secret::immutable>("immutable"),
  }};
  return table;
}

}  // namespace skiff::kube
