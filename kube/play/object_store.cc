#include "kube/play/object_store.h"

#include "common/clock.h"
#include "common/ids.h"
#include "common/json.h"
#include "kube/model/encode.h"
#include "kube/translate/value_access.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

// All that `immutable` protects: labels and annotations may change.
Value Contents(Value object) {
  object.Set("metadata", Value());
  return object;
}

// What of a claim may be another: how much it asks for.
Value FixedPartOfClaim(const Value& claim) {
  Value spec = At(claim, "spec");
  std::erase_if(spec.entries(), [](const Value::Entry& entry) { return entry.key == "resources"; });
  return spec;
}

// The field of `now` that Kubernetes never changes and that is not as it was; null: none.
const char* ChangedFixedField(const std::string& kind, const Value& before, const Value& now) {
  const auto differs = [&](const char* path) { return !(At(before, path) == At(now, path)); };
  if (kind == "Deployment" && differs("spec.selector")) return "spec.selector";
  if (kind == "Secret" && differs("type")) return "type";
  if (kind == "PersistentVolumeClaim" && !(FixedPartOfClaim(before) == FixedPartOfClaim(now))) return "spec";
  return nullptr;
}

}  // namespace

common::Result<> RequireMutable(PodBackend& backend, const Object& object) {
  const ObjectKey key = KeyOf(object);
  if (key.kind == Pod::kKind) return {};  // replaced as a whole
  ASSIGN_OR_RETURN(const auto stored, backend.GetObject(key.kind, key.kube_namespace, key.name));
  if (!stored) return {};
  ASSIGN_OR_RETURN(const Value before, ParseJsonValue(stored->json, "stored object"));
  const Value now = Encode(object);
  if (const char* field = ChangedFixedField(key.kind, before, now)) {
    return MakeError(ErrorCode::kInvalid, "{} \"{}\": {}: field is immutable{}; play with --replace to change it", key.kind, key.name,
                     field, key.kind == "PersistentVolumeClaim" ? " except resources.requests" : "")
        .At(object.PositionOf(field));
  }
  if (!BoolAt(before, "immutable") || Contents(before) == Contents(now)) return {};
  return MakeError(ErrorCode::kInvalid,
                   "{} \"{}\" is immutable and differs from the one played before; give it another name, or replace it "
                   "with --replace",
                   key.kind, key.name)
      .At(object.PositionOf("metadata.name"));
}

common::Result<Stored> StoreObject(PodBackend& backend, const Object& object, const std::string& uid) {
  const ObjectKey key = KeyOf(object);
  ASSIGN_OR_RETURN(const auto before, backend.GetObject(key.kind, key.kube_namespace, key.name));
  PodBackend::StoredObject stored{.kind = key.kind, .kube_namespace = key.kube_namespace, .name = key.name};
  stored.json = Encode(object).ToJson();
  stored.revision = common::SafeHash(stored.json);
  stored.created = before ? before->created : common::FormatTime(common::Now());
  stored.uid = !uid.empty() ? uid : before ? before->uid : common::NewUuid();
  const Stored result{stored.uid, before.has_value(), before && before->json != stored.json};
  if (before && !result.changed && before->uid == stored.uid) return result;
  TRY(backend.PutObject(stored), "{} \"{}\"", key.kind, key.name);
  return result;
}

common::Result<Object> LoadObject(PodBackend& backend, const ObjectReader& read, const ObjectKey& key) {
  ASSIGN_OR_RETURN(const auto stored, backend.GetObject(key.kind, key.kube_namespace, key.name));
  if (!stored || !read) return MakeError(ErrorCode::kNotFound, "{} \"{}\" not found", key.kind, key.name);
  return read(stored->json);
}

}  // namespace skiff::kube
