//! What a turn takes of what waits for it.

use parlance_codecs::UserId;
use parlance_codecs::dialect::{DialectName, Echo, Replaces};
use parlance_conversation::Input;
use parlance_conversation::input::{ResumeStyle, SessionId, SessionStyle, SignIn};

use super::{LocalInputs, TURN_INPUTS_MAX};

fn sign_in() -> Input {
    let style = SessionStyle {
        dialect: DialectName::Rooms,
        resume: ResumeStyle::ByOneId,
        echo: Echo::Everything,
        friends_required: false,
        replaces: Replaces::Nothing,
        marks: false,
        notices: false,
    };
    let user = UserId::new(7).expect("an id");
    Input::SignedIn(SignIn {
        session: SessionId { slot: 1, generation: 1 },
        user,
        device: "".into(),
        style,
        room: None,
    })
}

fn taken_in_a_turn(inputs: &LocalInputs) -> Vec<Input> {
    let mut taken = Vec::new();
    while let Some(input) = inputs.next(taken.len()) {
        taken.push(input);
    }
    taken
}

#[test]
fn a_turn_takes_a_bounded_number_in_order() {
    let inputs = LocalInputs::default();
    inputs.push(sign_in());
    for _ in 0..TURN_INPUTS_MAX {
        inputs.push(Input::Tick);
    }
    let taken = taken_in_a_turn(&inputs);
    assert_eq!(taken.len(), TURN_INPUTS_MAX);
    assert!(matches!(taken.first(), Some(Input::SignedIn(_))));
    assert_eq!(taken_in_a_turn(&inputs), [Input::Tick]);
    assert!(inputs.is_empty());
}

#[test]
fn a_turn_takes_every_sign_in_whose_answer_it_sends() {
    let inputs = LocalInputs::default();
    for _ in 0..2 * TURN_INPUTS_MAX {
        inputs.push(Input::Tick);
    }
    inputs.push(sign_in());
    inputs.push(Input::Tick);
    let taken = taken_in_a_turn(&inputs);
    assert_eq!(taken.len(), 2 * TURN_INPUTS_MAX + 1);
    assert!(matches!(taken.last(), Some(Input::SignedIn(_))));
    assert_eq!(taken_in_a_turn(&inputs), [Input::Tick]);
}
