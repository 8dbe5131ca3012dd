#include "tests/cuda_model/cudnn/descriptor.h"

#include <algorithm>

#include "tests/cuda_model/cudnn/finalize.h"

namespace cuda_model::cudnn {

const AttributeRule& Descriptor::attribute(Name name, cudnnBackendAttributeType_t type) const {
  const AttributeRule* rule = find(*rule_, name);
  require(rule, std::string(rule_->text) + " has no attribute " + std::to_string(int(name)));
  if (rule->type != type)
    refuse(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE, std::string(rule->text) + " has type " +
                                                      std::to_string(int(rule->type)) + ", not " +
                                                      std::to_string(int(type)));
  return *rule;
}

void Descriptor::set(Name name, cudnnBackendAttributeType_t type, int64_t count, const void* values,
                     std::vector<Part> parts) {
  require(!finalized_, "the descriptor is finalized");
  const AttributeRule& rule = attribute(name, type);
  const std::string text = rule.text;
  require(rule.need != Need::computed, text + " cannot be set");
  if (!rule.list && count != 1)
    refuse(
        type == CUDNN_TYPE_BACKEND_DESCRIPTOR ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_BAD_PARAM,
        text + " has one value");
  require(count >= 0 && (values || count == 0), text + ": no values");
  expect(!has(name), text + " is set twice");
  Value& value = values_[name];
  value.count = count;
  const char* bytes = static_cast<const char*>(values);
  if (count) value.bytes.assign(bytes, bytes + size_t(count) * size_of(type));
  // Like cuDNN, it keeps a part as it is now: one that is finalized later does not count.
  for (Part& part : parts) {
    if (rule.list && !part->finalized())
      refuse(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, text + " are not all finalized");
    value.parts.push_back(part->finalized() ? part : std::make_shared<Descriptor>(*part));
  }
}

void Descriptor::check_needs() const {
  for (const AttributeRule& rule : rule_->attributes) {
    if (has(rule.name)) continue;
    require(rule.need != Need::required, std::string(rule.text) + " is not set");
    expect(rule.need != Need::expected, std::string(rule.text) + " is not set");
  }
}

void Descriptor::finalize() {
  require(!finalized_, "the descriptor is finalized already");
  check_needs();
  made_ = finalized_object(*this);
  finalized_ = true;
}

void Descriptor::get(Name name, cudnnBackendAttributeType_t type, int64_t capacity, int64_t* count,
                     void* values, const std::vector<Part>& parts) const {
  if (!finalized_) refuse(CUDNN_STATUS_NOT_INITIALIZED, "the descriptor is not finalized");
  const AttributeRule& rule = attribute(name, type);
  const auto found = values_.find(name);
  const Value value = found == values_.end() ? Value{} : found->second;
  const int64_t given = values ? std::min(capacity, value.count) : 0;
  if (count) *count = values ? given : value.count;
  if (type != CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    if (given > 0) std::memcpy(values, value.bytes.data(), size_t(given) * size_of(type));
    return;
  }
  for (int64_t i = 0; i < given; ++i) {
    const Part& into = parts.at(size_t(i));
    expect(into && into->rule_ == value.parts[size_t(i)]->rule_ && !into->finalized_,
           std::string(rule.text) + " is read into a descriptor of another type, or a used one");
    *into = *value.parts[size_t(i)];
    into->destroyed = false;
  }
}

const std::vector<Part>& Descriptor::parts(Name name) const {
  static const std::vector<Part> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second.parts;
}

void Descriptor::compute(Name name, int64_t count, const void* values, size_t bytes) {
  const char* from = static_cast<const char*>(values);
  values_[name] = {count, {from, from + bytes}, {}};
}

void Descriptor::compute_parts(Name name, std::vector<Part> parts) {
  values_[name] = {int64_t(parts.size()), {}, std::move(parts)};
}

Part Descriptor::computed(cudnnBackendDescriptorType_t type, std::any made) {
  auto descriptor = std::make_shared<Descriptor>(*rule_of(type));
  descriptor->made_ = std::move(made);
  descriptor->finalized_ = true;
  return descriptor;
}

}  // namespace cuda_model::cudnn
