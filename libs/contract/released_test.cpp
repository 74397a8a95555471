// Programs of this version and of the released ones read each other's messages (docs/contracts.md): every message of
// the contracts in proto/released/ is filled at random, and read by the code of this version, and the other way round.
// What the reader knows is the same; what it does not know is kept.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/unknown_field_set.h>
#include <sotto/admin/v1/admin.pb.h>
#include <sotto/auth/v1/auth.pb.h>
#include <sotto/common/v1/common.pb.h>
#include <sotto/notification/v1/notification.pb.h>
#include <sotto/queue/v1/queue.pb.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sotto::contract {
namespace {

namespace pb = google::protobuf;

// All messages that the generated code of this version knows.
void link_all_contracts() {
  queue::v1::GatewayFrame::descriptor();
  auth::v1::WatchResponse::descriptor();
  notification::v1::ClientFrame::descriptor();
  admin::v1::Policy::descriptor();
  common::v1::Session::descriptor();
}

class Release {
 public:
  explicit Release(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    pb::FileDescriptorSet set;
    if (!set.ParseFromIstream(&in)) throw std::runtime_error("cannot read " + file.string());
    for (const auto& each : set.file()) {
      if (pool_.BuildFile(each) == nullptr) throw std::runtime_error("cannot use " + file.string());
      const auto* built = pool_.FindFileByName(each.name());
      if (!each.package().starts_with("sotto.")) continue;
      for (int i = 0; i < built->message_type_count(); ++i) add(built->message_type(i));
    }
  }

  [[nodiscard]] const std::vector<const pb::Descriptor*>& messages() const { return messages_; }
  std::unique_ptr<pb::Message> make(const pb::Descriptor* descriptor) {
    return std::unique_ptr<pb::Message>(factory_.GetPrototype(descriptor)->New());
  }

 private:
  void add(const pb::Descriptor* descriptor) {
    messages_.push_back(descriptor);
    for (int i = 0; i < descriptor->nested_type_count(); ++i) add(descriptor->nested_type(i));
  }
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_{&pool_};
  std::vector<const pb::Descriptor*> messages_;
};

std::unique_ptr<pb::Message> current(const std::string& name) {
  const auto* descriptor = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (descriptor == nullptr) return nullptr;
  return std::unique_ptr<pb::Message>(pb::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
}

class Filler {
 public:
  void fill(pb::Message& message, int depth = 0) {
    const auto* descriptor = message.GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const auto* field = descriptor->field(i);
      if (depth > 4 && field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (random_() % 4 == 0) continue;
      const auto count = field->is_repeated() ? 1 + random_() % 3 : 1;
      for (std::size_t k = 0; k < count; ++k) set(message, field, depth);
    }
  }

 private:
  void set(pb::Message& message, const pb::FieldDescriptor* field, int depth) {
    const auto& reflection = *message.GetReflection();
    const bool repeated = field->is_repeated();
    const auto number = random_();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        return fill(*(repeated ? reflection.AddMessage(&message, field) : reflection.MutableMessage(&message, field)),
                    depth + 1);
      case pb::FieldDescriptor::CPPTYPE_STRING: {
        std::string text(number % 40, 'x');
        return repeated ? reflection.AddString(&message, field, text) : reflection.SetString(&message, field, text);
      }
      case pb::FieldDescriptor::CPPTYPE_ENUM: {
        const auto* type = field->enum_type();
        const int value = type->value(static_cast<int>(number % static_cast<unsigned>(type->value_count())))->number();
        return repeated ? reflection.AddEnumValue(&message, field, value)
                        : reflection.SetEnumValue(&message, field, value);
      }
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return repeated ? reflection.AddBool(&message, field, true) : reflection.SetBool(&message, field, true);
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        return repeated ? reflection.AddUInt64(&message, field, number) : reflection.SetUInt64(&message, field, number);
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return repeated ? reflection.AddInt64(&message, field, static_cast<std::int64_t>(number))
                        : reflection.SetInt64(&message, field, static_cast<std::int64_t>(number));
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return repeated ? reflection.AddUInt32(&message, field, static_cast<std::uint32_t>(number))
                        : reflection.SetUInt32(&message, field, static_cast<std::uint32_t>(number));
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return repeated ? reflection.AddInt32(&message, field, static_cast<std::int32_t>(number))
                        : reflection.SetInt32(&message, field, static_cast<std::int32_t>(number));
      default:
        FAIL() << "a kind of field that this test does not fill: " << field->full_name();
    }
  }
  std::mt19937_64 random_{1};  // NOLINT(cert-msc51-cpp): the same in every run
};

bool holds_unknown(const pb::Message& message) {
  const auto& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (holds_unknown(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (holds_unknown(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

// The bytes that `reader` writes after it has read `bytes`, and the same read and written once more by a message like
// the writer: equal to what was written, when nothing was lost or changed.
void expect_survives(const pb::Message& written, pb::Message& reader) {
  const auto name = written.GetDescriptor()->full_name();
  ASSERT_TRUE(reader.ParseFromString(written.SerializeAsString())) << name;
  const std::unique_ptr<pb::Message> back(written.New());
  ASSERT_TRUE(back->ParseFromString(reader.SerializeAsString())) << name;
  EXPECT_EQ(back->DebugString(), written.DebugString());
}

std::vector<std::filesystem::path> released() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SOTTO_SOURCE_ROOT "/proto/released")) {
    if (entry.path().extension() == ".binpb") files.push_back(entry.path());
  }
  return files;
}

TEST(ReleasedContracts, AreReadByThisVersion) {
  link_all_contracts();
  ASSERT_FALSE(released().empty());
  for (const auto& file : released()) {
    Release release(file);
    Filler filler;
    for (const auto* descriptor : release.messages()) {
      const auto reader = current(descriptor->full_name());
      ASSERT_NE(reader, nullptr) << descriptor->full_name() << " is gone";
      for (int i = 0; i < 20; ++i) {
        const auto written = release.make(descriptor);
        filler.fill(*written);
        expect_survives(*written, *reader);
        EXPECT_FALSE(holds_unknown(*reader)) << descriptor->full_name() << " has lost a field";
      }
    }
  }
}

TEST(ReleasedContracts, KeepWhatThisVersionAdds) {
  link_all_contracts();
  for (const auto& file : released()) {
    Release release(file);
    Filler filler;
    for (const auto* descriptor : release.messages()) {
      const auto written = current(descriptor->full_name());
      ASSERT_NE(written, nullptr);
      for (int i = 0; i < 20; ++i) {
        written->Clear();
        filler.fill(*written);
        expect_survives(*written, *release.make(descriptor));
      }
    }
  }
}

// The same on a message of which it is known that the reader is older: a Session reads as an Any of unknown fields.
TEST(ReleasedContracts, UnknownFieldsAreKept) {
  queue::v1::Message message;
  message.set_id("id");
  message.set_body("body");
  queue::v1::ExpireNowRequest older;
  ASSERT_TRUE(older.ParseFromString(message.SerializeAsString()));
  EXPECT_TRUE(holds_unknown(older));
  queue::v1::Message back;
  ASSERT_TRUE(back.ParseFromString(older.SerializeAsString()));
  EXPECT_EQ(back.DebugString(), message.DebugString());
}

}  // namespace
}  // namespace sotto::contract
