// Who may do what with queues, how often a day, and what of it is audited.
#include "services/auth/api/moderation.hpp"

#include <gmock/gmock.h>

#include "services/auth/domain/test_book.hpp"

namespace sotto::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Moderation::Kind;

class ModerationTest : public TestBook {
 protected:
  grpc::StatusCode as(Role role, Kind kind, const std::string& action, const std::string& subject = {}) {
    role_ = role;
    const grpc::ServerContext context;
    return moderation_.admit(context, kind, action, subject).error_code();
  }
  std::vector<std::string> audited() {
    std::vector<std::string> out;
    const auto page = admin->audit(0, 0, 100);
    for (const auto& entry : page->entries) {
      out.push_back(entry.actor + " " + entry.action + (entry.refused ? " refused: " + entry.reason : "") +
                    (entry.subject.empty() ? "" : " " + entry.subject));
    }
    return out;
  }

 private:
  Role role_ = Role::none;
  AdminAccess access_{[this](const grpc::ServerContextBase& /*context*/) {
                        return Actor{role_ == Role::none ? "" : std::string(to_string(role_)), role_};
                      },
                      *admin};
  Moderation moderation_{access_, *admin, 2, clock};
};

TEST_F(ModerationTest, EachKindNeedsItsRole) {
  using grpc::StatusCode;
  EXPECT_EQ(as(Role::none, Kind::look, "queue.status"), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(as(Role::viewer, Kind::limited, "queue.block"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(as(Role::viewer, Kind::undo, "queue.unblock"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(as(Role::moderator, Kind::operate, "queue.expire"), StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(audited(),
              ElementsAre(HasSubstr("moderator queue.expire refused"), HasSubstr("viewer queue.unblock refused"),
                          HasSubstr("viewer queue.block refused"), HasSubstr(" queue.status refused")));
}

TEST_F(ModerationTest, LookingLeavesNoTrace) {
  EXPECT_EQ(as(Role::viewer, Kind::look, "queue.status"), grpc::StatusCode::OK);
  EXPECT_THAT(audited(), IsEmpty());
}

TEST_F(ModerationTest, ChangesAreAudited) {
  EXPECT_EQ(as(Role::moderator, Kind::limited, "queue.block", "spam"), grpc::StatusCode::OK);
  EXPECT_EQ(as(Role::operator_, Kind::operate, "queue.expire"), grpc::StatusCode::OK);
  EXPECT_THAT(audited(), ElementsAre("operator queue.expire", "moderator queue.block spam"));
}

TEST_F(ModerationTest, BlockingIsLimitedADay) {
  using grpc::StatusCode;
  EXPECT_EQ(as(Role::moderator, Kind::limited, "queue.block"), StatusCode::OK);
  EXPECT_EQ(as(Role::admin, Kind::limited, "queue.block"), StatusCode::OK);
  EXPECT_EQ(as(Role::moderator, Kind::limited, "queue.block"), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(audited().front(), HasSubstr("refused: the limit of 2 a day"));
  // Of each action for itself; what undoes is never limited; the role admin goes on.
  EXPECT_EQ(as(Role::moderator, Kind::limited, "queue.delete"), StatusCode::OK);
  EXPECT_EQ(as(Role::moderator, Kind::undo, "queue.unblock"), StatusCode::OK);
  EXPECT_EQ(as(Role::admin, Kind::limited, "queue.block"), StatusCode::OK);
  clock.advance(std::chrono::hours(24));
  EXPECT_EQ(as(Role::moderator, Kind::limited, "queue.block"), StatusCode::OK);
}

}  // namespace
}  // namespace sotto::auth
